"""Forks processes for all workers of a test run: `python -m tests.forking.server SOCKET MODULE...`.

It imports the modules as the first process is asked for, and ends when its standard input does. A request is
one connection: its descriptors and a line of JSON come in, the id of the process and its status go out.
"""

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Task = Callable[[], object]
NUMBER = struct.Struct("=i")
MAX_REQUEST = 1 << 20  # bytes


class ForkServer:
    """Accepts requests, and tells of each process when it has ended."""

    def __init__(self, path: str, modules: Sequence[str]) -> None:
        self._modules = modules
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)

    def serve(self) -> Task | None:
        """Serve until standard input ends, which returns None; a forked process returns what it is to do."""
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    return None
                if isinstance(key.fileobj, int):
                    self._tell_end(key.fileobj, *key.data)
                elif key.data:
                    self._kill(key.fileobj, *key.data)
                elif task := self._accept():
                    return task

    def _accept(self) -> Task | None:
        for name in self._modules:
            importlib.import_module(name)
        connection, _ = self._listener.accept()
        request, descriptors = _receive(connection)
        if pid := os.fork():
            for each in descriptors:
                os.close(each)
            self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))
            self._selector.register(connection, selectors.EVENT_READ, (pid,))
            return None
        os.setsid()  # before its id is known, by which its group is killed
        with connection:
            connection.sendall(NUMBER.pack(os.getpid()))
        self._close()
        return _prepare(request, descriptors)

    def _close(self) -> None:
        """In a forked process: give up what is the server's."""
        for key in [*self._selector.get_map().values()]:
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
            elif key.data:
                key.fileobj.close()
        self._selector.close()
        self._listener.close()

    def _tell_end(self, pidfd: int, pid: int, connection: socket.socket) -> None:
        self._selector.unregister(pidfd)
        os.close(pidfd)
        with contextlib.suppress(KeyError):
            self._selector.unregister(connection)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with connection, contextlib.suppress(BrokenPipeError):  # where the test that asked is over
            connection.sendall(NUMBER.pack(status))

    def _kill(self, connection: socket.socket, pid: int) -> None:
        """End the process of somebody who has ended without waiting for it."""
        self._selector.unregister(connection)
        os.killpg(pid, signal.SIGKILL)


def _receive(connection: socket.socket) -> tuple[Mapping[str, Any], Sequence[int]]:
    data, descriptors, _, _ = socket.recv_fds(connection, MAX_REQUEST, 3)
    while not data.endswith(b"\n"):
        data += connection.recv(MAX_REQUEST)
    return json.loads(data), descriptors


def _prepare(request: Mapping[str, Any], descriptors: Sequence[int]) -> Task:
    """Give this process the descriptors, environment, folder and arguments asked for, and no other."""
    nothing = [os.open(os.devnull, os.O_RDONLY)] * (3 - len(descriptors))
    for number, each in enumerate([*nothing, *descriptors]):
        os.dup2(each, number)
    for each in {*nothing, *descriptors} - {0, 1, 2}:
        os.close(each)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - until the end of the process
        for number, mode in enumerate("rww")
    )
    sys.stderr.reconfigure(line_buffering=True, errors="backslashreplace")
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = request["arguments"]
    module, _, name = request["function"].partition(":")
    return getattr(importlib.import_module(module), name)


def _run(task: Task) -> int:
    """Run it as a main program; returns the exit code."""
    try:
        task()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does with it
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    if todo := ForkServer(sys.argv[1], sys.argv[2:]).serve():
        os._exit(_run(todo))
