"""`/system_stats`: a server's version, its devices and their memory."""

from collections.abc import Mapping
from dataclasses import dataclass

from comfy.printable import printable
from comfy.protocol.json_values import as_list, as_mapping, as_number, as_text

MAX_DEVICES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A GPU (or a CPU); `free` and `total` memory in bytes."""

    name: str
    kind: str
    free: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStats:
    """A server's version and devices; `latency`: seconds from this request to its response."""

    version: str
    devices: tuple[Device, ...]
    latency: float


def parse_system_stats(answer: object, latency: float) -> SystemStats:
    """Parse `/system_stats`, which took `latency` seconds. Raises BadAnswer."""
    stats = as_mapping(answer, "system_stats")
    system = as_mapping(stats.get("system"), "system")
    return SystemStats(
        version=printable(as_text(system.get("comfyui_version"), "comfyui_version")),
        devices=tuple(
            _parse_device(as_mapping(each, "a device"))
            for each in as_list(stats.get("devices"), "devices")[:MAX_DEVICES]
        ),
        latency=latency,
    )


def parse_version(version: str) -> tuple[int, ...]:
    """`0.3.45` as numbers, up to the first part that is none, to compare versions."""
    parts = version.strip().removeprefix("v").split(".")
    numbers = [int(part) if part.isdecimal() else -1 for part in parts]
    return tuple(numbers[: numbers.index(-1)] if -1 in numbers else numbers)


def _parse_device(device: Mapping[str, object]) -> Device:
    return Device(
        name=printable(as_text(device.get("name"), "name")),
        kind=printable(as_text(device.get("type"), "type")),
        free=int(as_number(device.get("vram_free"), "vram_free")),
        total=int(as_number(device.get("vram_total"), "vram_total")),
    )
