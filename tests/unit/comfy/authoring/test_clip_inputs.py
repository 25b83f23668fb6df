"""Width, height, length and frame rate of a clip, wherever the graph holds them."""

from comfy.authoring.clip_inputs import find_clip_inputs
from comfy.graphs.nodes import Nodes
from tests.unit.comfy.authoring.graphs import classes_of, nodes, written

LTX = nodes(
    video=(
        "EmptyLTXVLatentVideo",
        {"width": ["half", 1], "height": ["half_high", 1], "length": ["length", 1]},
    ),
    audio=("LTXVEmptyLatentAudio", {"frames_number": ["length", 1], "frame_rate": ["rate", 0]}),
    half=("ComfyMathExpression", {"expression": "a/2", "values.a": ["wide", 0]}),
    half_high=("ComfyMathExpression", {"expression": "a/2", "values.a": ["high", 0]}),
    wide=("PrimitiveInt", {"value": 1280}),
    high=("PrimitiveInt", {"value": 704}),
    rate=("PrimitiveInt", {"value": 24}),
    seconds=("PrimitiveInt", {"value": 5}),
    length=(
        "ComfyMathExpression",
        {"expression": "a*b+1", "values.a": ["seconds", 0], "values.b": ["rate", 0]},
    ),
    both=("LTXVConcatAVLatent", {"video_latent": ["video", 0], "audio_latent": ["audio", 0]}),
    create=("CreateVideo", {"fps": ["rate", 0], "images": ["both", 0]}),
    save=("SaveVideo", {"video": ["create", 0], "filename_prefix": "clip"}),
)
RESIZED = nodes(
    photo=("LoadImage", {"image": "photo.png"}),
    resize=("ImageResizeKJ", {"width": 832, "height": 480, "image": ["photo", 0]}),
    encode=("CogVideoImageEncode", {"start_image": ["resize", 0]}),
    sampler=("CogVideoSampler", {"num_frames": 49, "image_cond_latents": ["encode", 0]}),
    save=("VHS_VideoCombine", {"frame_rate": 16, "images": ["sampler", 0], "filename_prefix": "clip"}),
)


def found(graph: Nodes) -> dict[str, list[str]]:
    inputs = find_clip_inputs(graph, "save", ("photo",), classes_of(graph)).found
    return {name: written(each.places) for name, each in inputs.items()}


def test_a_length_computed_of_seconds_is_set_where_it_arrives_for_picture_and_sound():
    assert sorted(found(LTX)["frames"]) == ["audio.frames_number", "video.length"]


def test_a_halved_size_is_set_where_it_is_typed_and_must_be_twice_the_multiple():
    places = found(LTX)

    assert (places["width"], places["height"]) == (["wide.value"], ["high.value"])
    assert find_clip_inputs(LTX, "save", (), classes_of(LTX)).size == {"multiple": 64}


def test_the_frame_rate_stands_where_it_is_typed():
    assert found(LTX)["fps"] == ["rate.value"]


def test_a_sampler_with_frames_alone_takes_its_size_from_the_resized_picture():
    assert found(RESIZED) == {
        "frames": ["sampler.num_frames"],
        "fps": ["save.frame_rate"],
        "width": ["resize.width"],
        "height": ["resize.height"],
    }


def test_the_same_size_typed_at_two_nodes_is_changed_at_both():
    twice = {
        **RESIZED,
        **nodes(
            sampler=(
                "WanImageToVideo",
                {"width": 832, "height": 480, "length": 81} | {"start_image": ["resize", 0]},
            )
        ),
    }

    assert sorted(found(twice)["width"]) == ["resize.width", "sampler.width"]


def test_the_seconds_of_a_sampler_that_counts_in_seconds_are_found():
    graph = nodes(
        sampler=("FramePackSampler", {"total_second_length": 5.0}),
        save=("VHS_VideoCombine", {"frame_rate": 30, "images": ["sampler", 0], "filename_prefix": "clip"}),
    )

    assert found(graph)["seconds"] == ["sampler.total_second_length"]


def test_the_speed_that_svd_is_told_is_no_frame_rate():
    graph = nodes(
        svd=("SVD_img2vid_Conditioning", {"width": 1024, "height": 576, "video_frames": 14, "fps": 6}),
        save=("SaveWEBM", {"fps": 24.0, "images": ["svd", 0], "filename_prefix": "clip"}),
    )

    assert found(graph)["fps"] == ["save.fps"]


def test_the_length_of_a_part_of_pictures_and_the_rate_of_another_clip_are_none():
    graph = nodes(
        part=("ImageFromBatch", {"image": ["photo", 0], "batch_index": 0, "length": 1}),
        photo=("LoadImage", {"image": "photo.png"}),
        parts=("GetVideoComponents", {"video": ["other", 0]}),
        create=("CreateVideo", {"images": ["part", 0], "fps": ["parts", 2]}),
        save=("SaveVideo", {"video": ["create", 0], "filename_prefix": "clip"}),
    )

    assert found(graph) == {}
