"""What an image carries: its files, its licences, and how compose and systemd start it."""

import json
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cogs.runtime.setting_mistakes import read_settings
from cogs.runtime.settings import Settings
from deploy.licenses import TARGET, license_of, render
from deploy.try_dockerfile import context_files, expanded, instructions
from tests.architecture import ROOT

DOCKERFILE = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
COMPOSE: Any = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SYSTEMD = shutil.which("systemd-analyze")
UNIT = (ROOT / "deploy" / "animate.service").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' wheels hold other libraries")
def test_the_licences_are_those_of_what_is_installed() -> None:
    """If not: `python deploy/licenses.py`."""
    if platform.machine() != "x86_64":
        pytest.skip("other machines' wheels hold other libraries")
    assert TARGET.read_text(encoding="utf-8") == render()


def test_a_package_whose_licence_is_not_known_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        license_of("no-such-package")


def test_the_image_holds_what_the_bot_runs_and_nothing_of_its_owner() -> None:
    names = {path.as_posix() for path in context_files()}
    assert {"bot.py", "requirements.lock", "LICENSES.md", "deploy/healthcheck.py"} <= names
    assert {"cli/main.py", "playground/playground.py", "storage/words/blocked_words.txt"} <= names
    assert not any(re.match(r"\.env|\.git|data/|tests/|docs/|benchmarks/", name) for name in names)


def test_every_package_of_the_bot_is_let_through() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages - {path.parts[0] for path in context_files()} == set()


def test_the_image_runs_as_a_numbered_user_without_a_shell_in_between() -> None:
    last = {name: rest for name, rest in DOCKERFILE if name in ("USER", "ENTRYPOINT", "CMD", "HEALTHCHECK")}
    assert last["USER"] == "10001:10001"
    assert json.loads(last["ENTRYPOINT"]) == ["python3", "bot.py"]
    assert json.loads(last["HEALTHCHECK"].partition("CMD ")[2])[-1] == "deploy/healthcheck.py"


def test_the_image_names_its_base_and_version() -> None:
    labels = " ".join(rest for name, rest in DOCKERFILE if name == "LABEL")
    assert 'org.opencontainers.image.base.name="${BASE_NAME}"' in labels
    assert 'org.opencontainers.image.base.digest="${BASE_DIGEST}"' in labels
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert version
    assert ("ARG", f"VERSION={version[1]}") in DOCKERFILE
    assert COMPOSE["services"]["bot"]["image"].endswith(f":{version[1]}}}")
    assert COMPOSE["services"]["gateway"]["image"].endswith(f":{version[1]}-scale}}")
    assert f"## {version[1]}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_is_confined(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    loopback = ("127.0.0.1:", "${SCALE_ADDRESS:-127.0.0.1}:")
    assert all(port.startswith(loopback) for port in service.get("ports", ()))


def test_what_observes_starts_on_demand_only_and_shares_the_network_of_the_bot() -> None:
    services = COMPOSE["services"]
    assert {name for name, service in services.items() if service.get("profiles") == ["observe"]} == {
        "prometheus",
        "grafana",
    }
    assert services["prometheus"]["network_mode"] == "service:bot"
    [scrape] = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))[
        "scrape_configs"
    ]
    port = services["bot"]["environment"]["METRICS_PORT"]
    assert scrape["static_configs"] == [{"targets": [f"127.0.0.1:{port}"]}]


def test_several_processes_start_where_they_are_named_only() -> None:
    services = COMPOSE["services"]
    scaled = {name for name, service in services.items() if service.get("profiles") == ["scale"]}
    assert scaled == {"gateway", "worker-1", "worker-2", "postgres", "s3"}
    roles = {name: services[name]["command"][-1] for name in scaled if "build" in services[name]}
    assert roles == {"gateway": "gateway", "worker-1": "worker", "worker-2": "worker"}
    names = {services[name]["environment"]["WORKER_NAME"] for name in roles}
    assert names == set(roles)
    for name in roles:
        assert services[name]["build"]["args"] == {"EXTRAS": "postgres s3"}
        assert services[name]["depends_on"].keys() == {"postgres", "s3"}
    assert all(services[name]["healthcheck"]["test"][0] == "CMD" for name in ("postgres", "s3"))


def test_the_processes_of_compose_have_settings_that_the_bot_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their own environment, with the password in it as compose would put it there."""
    for name in ("gateway", "worker-1", "worker-2"):
        for key, value in COMPOSE["services"][name]["environment"].items():
            filled = re.sub(r"\$\{SCALE_PASSWORD:-\}", "0123abcd", value)
            monkeypatch.setenv(key, re.sub(r"\$\{\w+:-(.*?)\}", r"\1", filled))
        monkeypatch.setenv("DISCORD_TOKEN", "token")
        settings, warnings = read_settings(Settings)
        assert warnings == []
        assert settings.database().url == "postgresql://animate:0123abcd@postgres/animate"
        assert "0123abcd" not in repr(settings)


def test_what_compose_mounts_exists() -> None:
    mounted = [
        each.split(":")[0]
        for service in COMPOSE["services"].values()
        for each in service.get("volumes", ())
        if each.startswith("./")
    ]
    assert mounted
    assert [each for each in mounted if not (ROOT / each).is_dir()] == []


def test_systemd_starts_it_again_but_not_where_something_has_to_be_changed() -> None:
    assert "\nRestart=on-failure\n" in UNIT
    assert "\nRestartPreventExitStatus=2\n" in UNIT
    assert "\nUser=animate\n" in UNIT


@pytest.mark.skipif(not SYSTEMD, reason="there is no systemd-analyze")
def test_systemd_understands_the_unit_and_rates_it_well(tmp_path: Path) -> None:
    unit = tmp_path / "animate.service"
    unit.write_text(UNIT.replace("/opt/animate/.venv/bin/python", sys.executable), encoding="utf-8")
    for check in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=15"]):
        done = subprocess.run(  # noqa: S603
            [SYSTEMD, *check, unit], capture_output=True, text=True, timeout=30, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout[-100:]


def test_the_image_is_built_without_extras_unless_they_are_named() -> None:
    assert ("ARG", "EXTRAS=") in DOCKERFILE
    locks = {path.name for path in ROOT.glob("requirements*.lock")} - {"requirements-dev.lock"}
    [copied] = [rest for name, rest in DOCKERFILE if name == "COPY" and "requirements" in rest]
    assert set(copied.split()) == {*locks, "/build/"}
    assert locks <= {path.as_posix() for path in context_files()}


@pytest.mark.skipif(not shutil.which("sh"), reason="there is no sh")
def test_extras_become_arguments_of_pip() -> None:
    [install] = [rest for name, rest in DOCKERFILE if name == "RUN" and "--require-hashes" in rest]
    found = re.search(r"\$\(for extra .+? done\)", install)
    assert found
    for extras, wanted in (("", []), ("postgres s3", ["postgres", "s3"])):
        done = subprocess.run(  # noqa: S603
            ["sh", "-c", f"echo {found[0]}"],  # noqa: S607
            env={"EXTRAS": extras},
            capture_output=True,
            text=True,
            check=True,
        )
        assert re.findall(r"--requirement /build/requirements-(\w+)\.lock", done.stdout) == wanted


def test_lines_of_a_dockerfile_that_go_on_are_one_instruction() -> None:
    text = "# one\nFROM a AS b\nRUN x \\\n# two\n    && y\nENV P=/a:$PATH\n"
    assert instructions(text) == [("FROM", "a AS b"), ("RUN", "x && y"), ("ENV", "P=/a:$PATH")]
    assert expanded("${A}-$B-$C", {"A": "1", "B": "2"}) == "1-2-"


METRIC = re.compile(r"\b(?:animate|process|python|node)_\w+|\b[a-z]+_[a-z_]+\b(?=[\[{])")


def test_dashboard_and_alerts_ask_for_metrics_of_the_bot_only() -> None:
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/animate.json").read_text(encoding="utf-8"))
    [group] = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"]
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [rule["expr"] for rule in group["rules"] if not rule["expr"].startswith("up{")]
    assert [query for query in queries if not METRIC.search(query)] == []
    named = {name for query in queries for name in METRIC.findall(query)}
    assert {name for name in named if not name.startswith("animate_")} == set()
