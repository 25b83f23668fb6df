"""Asks whoever sits at the terminal."""

import contextlib
import signal
import sys
from collections.abc import Generator, Sequence


def is_terminal() -> bool:
    """Whether somebody can be asked: both input and output are a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def choose(question: str, options: Sequence[str], default: int) -> int:
    """Have one of several chosen by its number, the default by nothing; returns its index."""
    print(question)
    for number, option in enumerate(options, 1):
        print(f"  {number}) {option}{'  (default)' if number - 1 == default else ''}")
    while True:
        answer = _read(f"1-{len(options)} [{default + 1}]: ")
        if not answer:
            return default
        if answer.isascii() and answer.isdecimal() and 1 <= int(answer) <= len(options):
            return int(answer) - 1


def confirm(question: str) -> bool:
    """Whether somebody says yes; nothing is no."""
    return _read(f"{question} [y/N]: ").lower() in ("y", "yes")


def _read(prompt: str) -> str:
    """A line without its ends, "" at the end of the input."""
    with _interruptible(), contextlib.suppress(EOFError):
        return input(prompt).strip()
    return ""


@contextlib.contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl+C end the program at once: asyncio would wait until the line is read."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
