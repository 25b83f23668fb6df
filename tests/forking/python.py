"""`python -c PROGRAM` or `python -m MODULE` in a process forked from one that has imported the bot."""

import os
import runpy
import subprocess
import sys
import tempfile

from tests.forking.client import BOT, FORKS, ROOT, Request, ask
from tests.forking.server import NUMBER


def run_python(
    *arguments: str, data: bytes = b"", server: str = BOT, check: bool = True, timeout: float = 60
) -> "subprocess.CompletedProcess[bytes]":
    """What `subprocess.run` returns of an interpreter with these arguments, begun at the root of the project.

    Raises CalledProcessError where `check` is set and it fails, TimeoutError where it takes too long.
    """
    if not FORKS:
        command = [sys.executable, *arguments]
        return subprocess.run(  # noqa: S603 - our own program
            command, cwd=ROOT, input=data, capture_output=True, check=check, timeout=timeout
        )
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(data)
        given.seek(0)
        connection, _ = ask(
            server,
            Request(
                function=f"{__name__}:{main.__name__}",
                arguments=arguments,
                environment=os.environ,
                folder=str(ROOT),
                descriptors=[given.fileno(), out.fileno(), err.fileno()],
            ),
        )
        with connection:
            connection.settimeout(timeout)
            (code,) = NUMBER.unpack(connection.recv(NUMBER.size))
        for each in (out, err):
            each.seek(0)
        done = subprocess.CompletedProcess(arguments, code, out.read(), err.read())
    if check:
        done.check_returncode()
    return done


def main() -> None:
    """What the forked process does."""
    option, program, *arguments = sys.argv
    if option == "-m":
        sys.argv = [program, *arguments]
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.argv = [option, *arguments]
        exec(program, {"__name__": "__main__"})  # noqa: S102 - the test's own words
