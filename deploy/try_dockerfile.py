"""Runs the steps of the Dockerfile in a plain folder, without a container engine; as root, on Linux.

    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates trixie /tmp/base
    python3 deploy/try_dockerfile.py --base /tmp/base --work /tmp/try

The base stands for the image of FROM: the same Debian with the same Python. Each stage is a copy of it, COPY
heeds .dockerignore, RUN runs by chroot. Then the result is started as compose.yaml does: as the image's user,
without any capability, the root read only, /tmp in memory, /data writable. Prints what came of it, as JSON.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
PASSED_ON = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE")
FROM_THE_HOST = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(slots=True)
class Stage:
    """A stage of the build: its folder, and what its instructions have set."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    arguments: dict[str, str] = field(default_factory=dict[str, str])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    folder: str = "/"
    user: str = ""
    entrypoint: Sequence[str] = ()
    healthcheck: Sequence[str] = ()


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile and what follows each, with continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\s*\\\n\s*", " ", text)
    return [
        (name, rest.strip()) for name, _, rest in (line.partition(" ") for line in text.splitlines()) if name
    ]


def expanded(text: str, values: Mapping[str, str]) -> str:
    """The text with `$NAME` and `${NAME}` replaced."""
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda name: values.get(name[1] or name[2], ""), text)


def context_files() -> list[Path]:
    """The files that .dockerignore lets through: those named with a `!`, and what is below such folders."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = [ROOT / line[1:] for line in lines if line.startswith("!")]
    files = (path for each in allowed for path in (each, *each.rglob("*")) if path.is_file())
    return sorted(path.relative_to(ROOT) for path in files if "__pycache__" not in path.parts)


def build(dockerfile: str, base: Path, work: Path) -> Stage:
    """Run every instruction; returns the last stage. Raises CalledProcessError, ValueError."""
    stages: dict[str, Stage] = {}
    globals_: dict[str, str] = {}
    stage: Stage | None = None
    for name, rest in instructions(dockerfile):
        sys.stderr.write(f"{name} {rest[:100]}\n")
        if name == "FROM":
            label = rest.partition(" AS ")[2] or "final"
            root = work / label
            subprocess.run(["cp", "-a", f"{base}/.", f"{root}/"], check=True)  # noqa: S603, S607
            for path in filter(os.path.exists, FROM_THE_HOST):
                shutil.copyfile(path, root / path[1:])
            stage = stages[label] = Stage(root=root)
        elif stage is None:
            key, _, value = rest.partition("=")
            globals_[key] = value
        else:
            carry_out(name, rest, stage, stages, globals_)
    if stage is None:
        raise ValueError("no FROM")
    return stage


def carry_out(
    name: str, rest: str, stage: Stage, stages: Mapping[str, Stage], defaults: Mapping[str, str]
) -> None:
    """Carry out one instruction inside a stage. Raises ValueError where it is not known here."""
    values = {**stage.arguments, **stage.environment}
    match name:
        case "ARG":
            key, _, value = rest.partition("=")
            stage.arguments[key] = expanded(value, values) or defaults.get(key, "")
        case "ENV" | "LABEL":
            pairs = dict(each.split("=", 1) for each in shlex.split(expanded(rest, values)))
            (stage.environment if name == "ENV" else stage.labels).update(pairs)
        case "COPY":
            copy(rest, stage, stages)
        case "RUN":
            run(stage, ["sh", "-c", rest], check=True)
        case "WORKDIR":
            stage.folder = rest
        case "USER":
            stage.user = rest
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        case "HEALTHCHECK":
            stage.healthcheck = json.loads(rest.partition("CMD ")[2])
        case "VOLUME" | "STOPSIGNAL" | "CMD":
            pass
        case _:
            raise ValueError(f"{name} is not known here")


def copy(rest: str, stage: Stage, stages: Mapping[str, Stage]) -> None:
    """COPY, from the checkout or from an earlier stage."""
    *sources, target = [word for word in rest.split() if not word.startswith("--")]
    source, place = sources[0], stage.root / target[1:]
    if found := re.match(r"--from=(\w+)", rest):
        shutil.copytree(stages[found[1]].root / source[1:], place, symlinks=True)
    elif target.endswith("/"):
        place.mkdir(parents=True, exist_ok=True)
        for each in sources:
            shutil.copy(ROOT / each, place)
    elif source == ".":
        for path in context_files():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, place / path)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, place)


def run(stage: Stage, command: Sequence[str], *, check: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command in the stage's root, as root, with the stage's arguments in its environment."""
    environment = {
        **stage.arguments,
        **stage.environment,
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
    }
    return subprocess.run(  # noqa: S603
        ["chroot", str(stage.root), *command],  # noqa: S607
        env=environment,
        stdout=None if not check else sys.stderr,
        text=True,
        check=check,
    )


CONFINED = """
set -e
mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"
mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$1/tmp"
mount --bind "$2" "$1/data"
root=$1; user=$3; folder=$4; shift 4
exec chroot "$root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all --ambient-caps=-all -- sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""


ISOLATE = ("unshare", "--mount", "--pid", "--fork", "sh", "-c")

BOT = """
import asyncio, os, sys, time
from playground.playground import Playground

async def main():
    async with Playground(check_contract=False) as playground:
        environment = {**os.environ, **playground.environment()}
        began = time.monotonic()
        bot = await asyncio.create_subprocess_exec(*sys.argv[1:3], env=environment, stderr=2)
        await playground.bot_online()
        online = time.monotonic()
        health = await asyncio.create_subprocess_exec(*sys.argv[3:])
        code = await health.wait()
        leaving = time.monotonic()
        bot.terminate()
        stopped = await bot.wait()
        print(f"online after {online - began:.1f} s, health {code}, stop {stopped}")
        print(f"health took {leaving - online:.2f} s, stopping {time.monotonic() - leaving:.1f} s")

asyncio.run(main())
"""


def start(stage: Stage, data: Path, command: Sequence[str], **environment: str) -> tuple[int, str, float]:
    """Run a command in the finished image as compose.yaml would: exit code, what it wrote, seconds."""
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [*ISOLATE, CONFINED, "sh", str(stage.root), str(data), stage.user, stage.folder, *command],
        env={**stage.environment, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, round(time.monotonic() - began, 2)


def examine(stage: Stage, work: Path) -> dict[str, object]:
    """Start the image in each way that matters; what came of it."""
    data = work / "data"
    data.mkdir()
    if sys.platform != "win32":
        os.chown(data, *map(int, stage.user.split(":")))
    python = stage.entrypoint[0]
    tries = {
        "version": start(stage, data, [*stage.entrypoint, "--version"]),
        "who": start(
            stage,
            data,
            [
                "sh",
                "-c",
                "id -u; touch /app/x 2>&1; touch /data/x && echo data; grep CapEff /proc/self/status",
            ],
        ),
        "without a token": start(stage, data, [*stage.entrypoint, "run"]),
        "demo": start(
            stage,
            data,
            [*stage.entrypoint, "demo", "--once", "--data-dir", "/data/demo", "--out", "/data/clips"],
        ),
        "health, nobody listens": start(stage, data, stage.healthcheck),
        "a bot in the playground": start(
            stage, data, [python, "-c", BOT, *stage.entrypoint, *stage.healthcheck]
        ),
        "modules": start(stage, data, [python, "-c", "import discord, av, PIL, aiohttp; print('ok')"]),
    }
    size = {part: disk_usage(stage.root / part) for part in ("opt/venv", "app")}
    return {"tries": tries, "megabytes": size, "labels": stage.labels}


def disk_usage(folder: Path) -> float:
    """Megabytes of the files in a folder."""
    return round(sum(each.lstat().st_size for each in folder.rglob("*") if each.is_file()) / 1e6, 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="an empty folder; left as it is at the end")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True)
    began = time.monotonic()
    final = build((ROOT / "Dockerfile").read_text(encoding="utf-8"), arguments.base, arguments.work)
    built = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps({"seconds": built, **examine(final, arguments.work)}, indent=1) + "\n")
