"""A run in the simulated ComfyUI sends the recorded events: the same messages, shapes and order."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from playground.comfyui import ComfyUI
from tests.playground.comfyui_client import ComfyUIClient, Json, open_client
from tests.playground.comfyui_recordings import (
    CACHE,
    NATIVE,
    PRIVACY,
    SEED,
    WAN,
    bodies,
    first_message,
    kinds,
    messages_of_a_run,
    native_graph,
    recorded_graph,
    recording,
    wan_graph,
)
from tests.playground.json_shape import shape

_EVENT_TYPES = {"status", "execution_start", "execution_cached", "executing", "executed", "execution_success"}


@pytest.fixture
async def client() -> AsyncIterator[ComfyUIClient]:
    async with ComfyUI(speed=50, sageattention=True) as comfyui, open_client(comfyui) as client:
        await client.upload("girl.png")
        yield client


def event_sequence(messages: Sequence[Json]) -> list[tuple[str, Any]]:
    """Types and nodes in order, without the progress, which the original sends as often as it likes."""
    return [(m["type"], m["data"].get("node", "-")) for m in messages if m["type"] in _EVENT_TYPES]


@pytest.mark.parametrize(("name", "graph"), [(SEED, recorded_graph(SEED)), (NATIVE, native_graph())])
async def test_a_run_sends_the_recorded_events(client: ComfyUIClient, name: str, graph: Json) -> None:
    assert event_sequence(await client.run(graph)) == event_sequence(messages_of_a_run(name))


async def test_a_run_with_cached_loaders_sends_the_recorded_events(client: ComfyUIClient) -> None:
    await client.upload("other.png")
    await client.run(wan_graph("other.png", positive_prompt="other", width=160, blocks_to_swap=1))
    assert event_sequence(await client.run(wan_graph())) == event_sequence(messages_of_a_run(WAN))


async def test_every_message_has_the_recorded_shape(client: ComfyUIClient) -> None:
    recorded, seen = messages_of_a_run(WAN), await client.run(wan_graph())
    shapes = [shape(message) for message in recorded]
    assert [message for message in seen if shape(message) not in shapes] == []
    assert set(kinds(seen)) == set(kinds(recorded))


async def test_bars_count_what_the_recorded_ones_count(client: ComfyUIClient) -> None:
    def bars(messages: Sequence[Json]) -> set[tuple[str, int]]:
        return {(m["data"]["node"], m["data"]["max"]) for m in messages if m["type"] == "progress"}

    assert bars(await client.run(wan_graph())) == bars(messages_of_a_run(WAN))


async def test_the_sampler_counts_weights_before_steps(client: ComfyUIClient) -> None:
    messages = await client.run(wan_graph(steps=3))
    bar = [m["data"] for m in messages if m["type"] == "progress" and m["data"]["node"] == "52"]
    assert [(data["value"], data["max"]) for data in bar][-5:] == [
        (983, 983),
        (0, 983),
        (1, 3),
        (2, 3),
        (3, 3),
    ]


async def test_denoise_below_one_leaves_out_steps(client: ComfyUIClient) -> None:
    messages = await client.run(wan_graph(steps=20, denoise_strength=0.5))
    bars = [m["data"]["max"] for m in messages if m["type"] == "progress" and m["data"]["node"] == "52"]
    assert bars[-1] == 11


async def test_the_identical_graph_is_answered_from_the_cache_with_the_same_file(
    client: ComfyUIClient,
) -> None:
    first = await client.run(wan_graph())
    again = await client.run(wan_graph())
    assert kinds(again) == kinds(messages_of_a_run(CACHE, after="identical re-submission"))
    assert again[4]["data"]["output"] == next(m for m in first if m["type"] == "executed")["data"]["output"]


async def test_a_change_of_the_save_node_alone_reruns_that_alone(client: ComfyUIClient) -> None:
    await client.run(wan_graph())
    again = await client.run(wan_graph(filename_prefix="else/where"))
    recorded = messages_of_a_run(CACHE, after="same prompt, only filename_prefix differs")
    assert [kind for kind, _ in event_sequence(again)] == [kind for kind, _ in event_sequence(recorded)]


async def test_history_of_a_success_has_the_recorded_shape(client: ComfyUIClient) -> None:
    messages = await client.run(recorded_graph(SEED))
    _, body = await client.get(f"/history/{messages[-1]['data']['prompt_id']}")
    assert shape(body) == shape(bodies(SEED, "/history/")[0])


async def test_a_temp_picture_makes_a_temp_clip_and_can_be_forgotten(client: ComfyUIClient) -> None:
    events = recording(PRIVACY)
    posted = next(event["request_json"] for event in events if event.get("path") == "/prompt")
    body = {key: value for key, value in posted.items() if key not in ("prompt", "client_id")}
    assert await client.upload("p1.png", subfolder="animate", type="temp") == bodies(PRIVACY, "/upload")[0]
    messages = await client.run(posted["prompt"], **body)
    assert event_sequence(messages) == event_sequence(messages_of_a_run(PRIVACY))
    [clip] = next(m for m in messages if m["type"] == "executed")["data"]["output"]["gifs"]
    [recorded] = first_message(PRIVACY, "executed")["data"]["output"]["gifs"]
    assert {**clip, "fullpath": ""} == {**recorded, "fullpath": ""}
    await client.post("/history", {"delete": [body["prompt_id"]]})
    assert await client.get(f"/history/{body['prompt_id']}") == (200, {})
    views = [event for event in events if event.get("path", "").startswith("/view")]
    assert [(await client.get(view["path"]))[0] for view in views] == [view["status"] for view in views]
