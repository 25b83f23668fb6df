"""Workflows that take LoRAs, and servers that have some."""

from dataclasses import replace

import comfy
from jobs.routing import KnownServer
from tests.unit.jobs.scripted_server import WORKFLOWS

PLAIN = WORKFLOWS["wan21_i2v"]
RULE = comfy.LoraRule(patterns=("*",), places=(), usual=0.9)
TAKING = replace(PLAIN, loras=RULE)
"""The built-in workflow, which takes two LoRAs of any server."""
LORA_WORKFLOWS = {TAKING.name: TAKING}


def server_with(
    *loras: str,
    live: bool = True,
    unavailable: comfy.UnavailableReason | None = None,
    name: str = "gpu",
) -> KnownServer:
    """A server that can run TAKING and has these LoRAs."""
    choices = {**PLAIN.choices, comfy.LORA_CHOICE: comfy.lora_choice(loras)}
    away = None if live else comfy.UnavailableReason.UNREACHABLE
    return KnownServer(name=name, offer={PLAIN.name: choices}, live=live, unavailable=unavailable or away)
