"""What a real ComfyUI 0.33.0 with the real nodes said: recordings, without the parts that no test reads."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recordings"


@cache
def load(name: str) -> Any:
    """The JSON file of that name."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def frame(name: str) -> bytes:
    """A whole binary frame."""
    return (FOLDER / f"{name}_first_binary_frame.bin").read_bytes()


def messages(name: str) -> list[str]:
    """The websocket's text frames, in order."""
    return [json.dumps(event["msg"]) for event in load(name)["events"] if event["kind"] == "ws_recv"]


def run(name: str, note: str) -> list[str]:
    """The text frames of the one run that the note after it describes."""
    frames: list[str] = []
    for event in load(name)["events"]:
        if event["kind"] == "ws_recv":
            frames.append(json.dumps(event["msg"]))
        elif event["kind"] == "note":
            if note in event["text"]:
                return frames
            frames = []
    raise LookupError(note)


def answers(name: str, path: str) -> Iterator[Mapping[str, Any]]:
    """The recorded answers of a path: status, body, note."""
    return (
        event
        for event in load(name)["events"]
        if event["kind"] == "http" and event["path"].startswith(path) and event.get("body")
    )


def answer(name: str, note: str) -> Any:
    """The body of the answer with that note."""
    return next(event["body"] for event in load(name)["events"] if event.get("note", "").startswith(note))
