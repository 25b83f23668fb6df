"""`deploy/healthcheck.py` as the image runs it: its exit code is what /healthz answers."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.architecture import ROOT


class Health(BaseHTTPRequestHandler):
    """Answers /healthz with `code`, everything else with 404."""

    code = 200

    def do_GET(self) -> None:
        self.send_response(self.code if self.path == "/healthz" else 404)
        self.end_headers()

    def log_request(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server.server_port
        server.shutdown()


def check(port: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "deploy/healthcheck.py"]
    environment = {**os.environ, "METRICS_PORT": port}
    return subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_a_bot_that_is_well_is_healthy(port: int) -> None:
    assert check(str(port)).returncode == 0


def test_a_bot_that_is_not_is_unhealthy_and_the_reason_is_told(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Health, "code", 503)
    done = check(str(port))
    assert done.returncode == 1
    assert "503" in done.stderr


def test_nobody_who_answers_is_unhealthy() -> None:
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        free = server.server_port
    assert check(str(free)).returncode == 1


def test_without_a_port_nothing_can_be_asked() -> None:
    assert check("").returncode == 0
