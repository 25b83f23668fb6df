"""The node classes of a recorded server, for workflows that no server has spoken about yet."""

import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from comfy.protocol.object_info import NodeClass, NodeClasses, parse_object_info

_FILE = Path(__file__).with_name("recorded_classes.jsonl")


def recorded_classes(names: Iterable[str]) -> NodeClasses:
    """The recorded ones among these classes, without the entries of their dropdowns.

    Recorded from ComfyUI 0.33.0 (2026-08) with the node packs of that time. Of partner nodes only the outputs
    are kept, with those that ComfyUI's templates of 2026-10 used beyond that version.
    """
    return {name: _parse(name) for name in names if name in _read_lines()}


@functools.lru_cache(maxsize=1024)
def _parse(name: str) -> NodeClass:
    return parse_object_info({name: json.loads(_read_lines()[name])[1]}, [name])[name]


@functools.cache
def _read_lines() -> Mapping[str, str]:
    """Each line by the name of its class, which stands first in it."""
    return {line.split('"', 2)[1]: line for line in _FILE.read_text("utf-8").splitlines()}
