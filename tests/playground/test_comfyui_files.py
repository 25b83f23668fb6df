"""Pictures go into the playground's ComfyUI, and clips come out, as with the real one."""

import io
from collections.abc import AsyncIterator
from typing import Any

import av
import pytest
from PIL import Image

from playground.comfyui import ComfyUI, Stage
from tests.playground.comfyui_client import ComfyUIClient, Json, open_client, picture
from tests.playground.comfyui_recordings import CACHE, native_graph, recorded_graph, recording, wan_graph
from tests.playground.json_shape import shape

_QUIET = {"extra_pnginfo": {"workflow": {"extra": {"VHS_MetadataImage": False}}}}


@pytest.fixture
async def comfyui() -> AsyncIterator[ComfyUI]:
    async with ComfyUI(speed=100, sageattention=True) as comfyui:
        yield comfyui


@pytest.fixture
async def client(comfyui: ComfyUI) -> AsyncIterator[ComfyUIClient]:
    async with open_client(comfyui) as client:
        yield client


async def make(client: ComfyUIClient, graph: Json, size: tuple[int, int] = (64, 48), **body: object) -> Json:
    """Run a graph on a picture of this size and return the entry of its file."""
    await client.upload("girl.png", picture(*size), overwrite="true")
    messages = await client.run(graph, **body)
    [message] = [message for message in messages if message["type"] == "executed"]
    return next(iter(message["data"]["output"].values()))[0]


def open_clip(data: bytes) -> tuple[str, str, int, int, int, int]:
    """Codec, pixel format, width, height, decoded frames and frames per second of a clip."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(stream))
        codec = stream.codec_context
        return (
            codec.name,
            str(codec.pix_fmt),
            codec.width,
            codec.height,
            frames,
            int(stream.average_rate or 0),
        )


async def test_uploads_get_the_recorded_names(client: ComfyUIClient) -> None:
    one, two = picture(colour="red"), picture(colour="blue")
    answers = [
        await client.upload("t.png", one),
        await client.upload("t.png", one),
        await client.upload("t.png", two),
        await client.upload("t_over.png", one, overwrite="true"),
        await client.upload("t_over.png", two, overwrite="true"),
        await client.upload("s.png", one, subfolder="bot/u1"),
        await client.upload("s.png", one, type="temp"),
    ]
    recorded = [event["body"] for event in recording("01_upload")[:7]]
    assert answers == recorded


@pytest.mark.parametrize(
    ("name", "fields", "note"),
    [
        ("t.png", {"type": "bogus"}, "type=bogus"),
        ("../evil.png", {}, "path traversal in name"),
        ("t.png", {"subfolder": "../.."}, "path traversal in subfolder"),
        ("bad.png", {}, "not an image: accepted?"),
        ("图 片 (1).png", {}, "unicode and spaces name"),
    ],
)
async def test_odd_uploads_get_the_recorded_answer(
    client: ComfyUIClient, name: str, fields: dict[str, str], note: str
) -> None:
    recorded = next(event for event in recording("01_upload") if event["note"] == note)
    assert await client.try_upload(name, b"bytes", **fields) == (recorded["status"], recorded["body"])


async def test_an_upload_that_is_no_form_is_refused(client: ComfyUIClient) -> None:
    assert await client.post("/upload/image", {"a": 1}) == (400, "")


async def test_views_get_the_recorded_statuses_and_headers(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    (comfyui.folder / "output" / "cap_00003_.png").write_bytes(picture())
    (comfyui.folder / "input" / "t.png").write_bytes(picture())
    views = [event for event in recording(CACHE) if event.get("path", "").startswith("/view")]
    assert len(views) >= 8
    for event in views:
        ranged = {"Range": "bytes=0-9"} if event["status"] == 206 else {}
        async with client.session.request(event["method"], event["path"], headers=ranged) as answer:
            assert (answer.status, event["path"]) == (event["status"], event["path"])
            if event["status"] < 300:
                assert set(event["headers"]) <= set(answer.headers)
                assert answer.headers["Content-Disposition"] == event["headers"]["Content-Disposition"]


@pytest.mark.parametrize("path", ["/system_stats", "/features", "/models", "/prompt", "/queue", "/history"])
async def test_pages_have_the_recorded_shape(client: ComfyUIClient, path: str) -> None:
    recorded = next(event for event in recording("02_meta_endpoints") if event["path"] == path)
    for prefix in ("", "/api"):
        async with client.session.get(prefix + path) as answer:
            assert answer.status == recorded["status"]
            assert answer.headers["Content-Type"] == recorded["content_type"]
            assert _keys(await answer.json()) == _keys(recorded["body"])


def _keys(body: Any) -> Any:
    return set(body) if isinstance(body, list) else shape(body)


async def test_a_clip_is_real_h264_of_the_size_rate_and_length_asked_for(client: ComfyUIClient) -> None:
    entry = await make(client, wan_graph(width=160, height=96, num_frames=17, frame_rate=16))
    data = await client.download(entry)
    assert open_clip(data) == ("h264", "yuv420p", 160, 96, 17, 16)
    assert data.index(b"moov") < data.index(b"mdat")


async def test_frames_are_rounded_down_to_whole_latents(client: ComfyUIClient) -> None:
    entry = await make(client, wan_graph(num_frames=8))
    assert open_clip(await client.download(entry))[4] == 5


async def test_the_old_node_keeps_the_area_and_takes_the_aspect_of_the_picture(client: ComfyUIClient) -> None:
    graph = recorded_graph("30_seed_graph_fake_wan_success")
    graph["50"]["inputs"] |= {"generation_width": 512, "generation_height": 512, "num_frames": 5}
    entry = await make(client, graph, size=(640, 480))
    assert open_clip(await client.download(entry))[2:5] == (576, 432, 5)


async def test_ping_pong_goes_there_and_back(client: ComfyUIClient) -> None:
    entry = await make(client, wan_graph(num_frames=5, pingpong=True))
    assert open_clip(await client.download(entry))[4] == 8


async def test_comfyuis_own_nodes_list_their_clip_under_images(client: ComfyUIClient) -> None:
    entry = await make(client, native_graph())
    assert (entry["filename"], entry["subfolder"], entry["type"]) == (
        "wan21_i2v_00001_.mp4",
        "video",
        "output",
    )
    assert open_clip(await client.download(entry)) == ("h264", "yuv420p", 128, 128, 9, 16)


async def test_the_seed_decides_the_path_of_the_camera(client: ComfyUIClient) -> None:
    noise = io.BytesIO()
    Image.effect_noise((64, 48), 90).convert("RGB").save(noise, "PNG")
    await client.upload("girl.png", noise.getvalue(), overwrite="true")
    clips = []
    for seed, prefix in ((1, "a"), (2, "b"), (1, "c")):
        messages = await client.run(wan_graph(seed=seed, filename_prefix=prefix))
        output = next(message for message in messages if message["type"] == "executed")["data"]["output"]
        clips.append(await client.download(output["gifs"][0]))
    assert clips[0] == clips[2] != clips[1]


async def test_numbers_of_files_go_on(client: ComfyUIClient) -> None:
    names = [(await make(client, wan_graph(seed=seed)))["filename"] for seed in (1, 2)]
    assert names == ["JOBID_00001.mp4", "JOBID_00002.mp4"]


@pytest.mark.parametrize(
    ("save_metadata", "extra_data", "in_clip", "in_picture"),
    [(True, {}, True, True), (False, {}, False, True), (False, _QUIET, False, False)],
)
async def test_the_prompt_is_where_the_real_one_leaves_it(
    comfyui: ComfyUI,
    client: ComfyUIClient,
    save_metadata: bool,
    extra_data: Json,
    in_clip: bool,
    in_picture: bool,
) -> None:
    graph = wan_graph(save_metadata=save_metadata, positive_prompt="a very private wish")
    entry = await make(client, graph, extra_data=extra_data)
    beside = comfyui.folder / "output" / entry["subfolder"] / entry["workflow"]
    assert (b"private wish" in await client.download(entry)) is in_clip
    assert (beside.is_file() and b"private wish" in beside.read_bytes()) is in_picture


@pytest.mark.parametrize(
    ("inputs", "node", "words"),
    [
        (
            {"width": 120, "height": 88},
            "52",
            "The size of tensor a (144) must match the size of tensor b (124)",
        ),
        ({"format": "video/ProRes"}, "54", "the playground does not encode video/ProRes"),
    ],
)
async def test_what_the_nodes_cannot_do_ends_in_an_error(
    client: ComfyUIClient, inputs: dict[str, object], node: str, words: str
) -> None:
    await client.upload("girl.png")
    error = (await client.run(wan_graph(**inputs)))[-3]
    assert (error["type"], error["data"]["node_id"]) == ("execution_error", node)
    assert words in error["data"]["exception_message"]


async def test_frames_that_are_not_4n_plus_1_crash_the_old_node_in_the_recorded_words(
    client: ComfyUIClient,
) -> None:
    graph = recorded_graph("31_seed_graph_fake_wan_bad_frames_and_oom")
    await client.upload("girl.png", picture(640, 480))
    error = (await client.run(graph))[-3]["data"]
    assert error["exception_message"] == "shape '[1, 20, 4, 54, 72]' is invalid for input of size 322704\n"


async def test_a_file_that_is_no_picture_fails_in_its_node(client: ComfyUIClient) -> None:
    await client.upload("girl.png", b"no picture")
    error = (await client.run(wan_graph()))[-3]["data"]
    assert (error["node_id"], error["exception_type"]) == ("42", "PIL.UnidentifiedImageError")


async def test_sageattention_is_offered_and_fails_where_it_is_missing() -> None:
    async with ComfyUI(speed=100) as comfyui, open_client(comfyui) as client:
        await client.upload("girl.png")
        error = (await client.run(wan_graph(attention_mode="sageattn")))[-3]["data"]
    assert error["exception_message"] == "Can't import SageAttention: No module named 'sageattention'\n"


async def test_a_clip_that_was_stopped_leaves_no_file(comfyui: ComfyUI, client: ComfyUIClient) -> None:
    await client.upload("girl.png")
    comfyui.pause(Stage.SAVING, 8)
    prompt_id = await client.submit(wan_graph())
    await comfyui.reached(Stage.SAVING, 8)
    assert len(list(comfyui.folder.glob("**/*.mp4"))) == 1
    await client.post("/interrupt", {"prompt_id": prompt_id})
    await comfyui.reached(Stage.DONE)
    assert list(comfyui.folder.glob("**/*.mp4")) == []
