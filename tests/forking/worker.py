"""Does in a forked process what `python -u -c PROGRAM` does: xdist begins a worker with that.

It asks for the process, gives it its own standard streams, and ends as it does.
"""

import os
import sys
from pathlib import Path

from tests.forking.client import WORKER, Request, ask
from tests.forking.server import NUMBER


def main() -> None:
    """What the forked process does."""
    exec(sys.argv[-1], {"__name__": "__main__"})  # noqa: S102 - execnet's own line


if __name__ == "__main__":
    connection, _ = ask(
        WORKER,
        Request(
            function="tests.forking.worker:main",
            arguments=sys.argv,
            environment=os.environ,
            folder=str(Path.cwd()),
            descriptors=[0, 1, 2],
        ),
    )
    with connection:
        sys.exit(abs(NUMBER.unpack(connection.recv(NUMBER.size))[0]))
