"""Recorded sessions of a real ComfyUI, cut into what the tests hold the playground against."""

import json
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parent / "recordings"
SEED = "30_seed_graph_fake_wan_success"
FAULTS = "31_seed_graph_fake_wan_bad_frames_and_oom"
NATIVE = "40_native_wan_tiny_real_run"
WAN = "42_corrected_graph_real_wanvideowrapper_tiny_weights"
CACHE = "10_success_then_identical_resubmit"
STOPS = "12_interrupt_and_queue_delete"
PRIVACY = "44_temp_upload_temp_output_history_delete"


def recording(name: str) -> list[dict[str, Any]]:
    """The events of one session."""
    return json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))["events"]


def recorded_graph(name: str) -> dict[str, Any]:
    """The first graph submitted in a session."""
    posts = (event for event in recording(name) if event.get("path") == "/prompt" and "request_json" in event)
    return deepcopy(next(posts)["request_json"]["prompt"])


def wan_graph(image: str = "girl.png", **inputs: object) -> dict[str, Any]:
    """The corrected Wan graph at 144 × 96, 9 frames, 4 steps; each keyword sets the inputs of that name."""
    graph = recorded_graph(WAN)
    for node in graph.values():
        node["inputs"].update({name: value for name, value in inputs.items() if name in node["inputs"]})
    graph["42"]["inputs"]["image"] = image
    return graph


def native_graph() -> dict[str, Any]:
    """The graph of ComfyUI's own nodes, with the model files that the playground has."""
    graph = recorded_graph(NATIVE)
    graph["2"]["inputs"]["unet_name"] = "Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors"
    graph["4"]["inputs"]["clip_name"] = "wan2.1/umt5-xxl-enc-bf16.safetensors"
    graph["7"]["inputs"]["vae_name"] = "wan2.1/Wan2_1_VAE_bf16.safetensors"
    vision = "wan2.1/open-clip-xlm-roberta-large-vit-huge-14_visual_fp16.safetensors"
    graph["8"]["inputs"]["clip_name"] = vision
    return graph


def messages_of_a_run(name: str, after: str | None = None) -> list[dict[str, Any]]:
    """What the submitter's websocket received for the first prompt after a note, to the prompt's end."""
    events = recording(name)
    start = next(n for n, event in enumerate(events) if after in (None, event.get("text")))
    posted = next(n for n in range(start, len(events)) if events[n].get("path") == "/prompt")
    received = [e["msg"] for e in events[posted:] if e["kind"] == "ws_recv" and e["ws"] == "mine"]
    idle = next(n for n, message in enumerate(received) if _is_idle(message))
    return received[: idle + 2] if received[idle + 1]["type"] == "executing" else received[: idle + 1]


def first_message(name: str, kind: str) -> dict[str, Any]:
    """The first message of a type in a session."""
    return next(event["msg"] for event in recording(name) if event.get("msg", {}).get("type") == kind)


def bodies(name: str, path: str) -> list[Any]:
    """The JSON answers of a session to requests whose path contains `path`, empty ones left out."""
    answers = (event for event in recording(name) if path in event.get("path", ""))
    return [answer["body"] for answer in answers if answer.get("body")]


def kinds(messages: Sequence[dict[str, Any]]) -> list[str]:
    """The types of messages, in order."""
    return [message["type"] for message in messages]


def _is_idle(message: dict[str, Any]) -> bool:
    return message["type"] == "status" and message["data"]["status"]["exec_info"]["queue_remaining"] == 0
