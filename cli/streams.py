"""Lets output never fail on an encoding: what a console or a file cannot show is written as an escape."""

import io
import sys


def tolerate_encodings() -> None:
    """Have standard output and error replace what their encoding lacks: cp1252 has no ⏳, cp936 no é."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # without a console there is none
            stream.reconfigure(errors="backslashreplace")
