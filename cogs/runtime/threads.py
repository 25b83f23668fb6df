"""How the event loop and the threads share the interpreter's lock."""

import sys

SWITCH_INTERVAL = 0.0005  # seconds


def switch_threads_often() -> None:
    """Let a thread that computes give way ten times as often as by default.

    After each system call the event loop waits for the interpreter's lock: by default 5 ms each time while a
    thread parses a large answer, and one turn of the loop makes many calls.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
