"""Which nodes load the first picture, and which the last."""

import pytest

from comfy.authoring.picture_inputs import find_loaders, find_open_socket, sort_pictures
from comfy.graphs.nodes import Nodes
from tests.unit.comfy.authoring.graphs import at, classes_of, nodes, written

LOADERS = nodes(a=("LoadImage", {"image": "a.png"}), b=("LoadImage", {"image": "b.png"}))
SAVE = nodes(save=("SaveVideo", {"video": ["latent", 0], "filename_prefix": "clip"}))


def graph(**more: tuple[str, dict[str, object]]) -> Nodes:
    return {**LOADERS, **SAVE, **nodes(**more)}


def found(graph: Nodes, titles: dict[str, str] | None = None) -> tuple[list[str], list[str], list[str]]:
    classes = classes_of(graph)
    pictures = sort_pictures(graph, "save", find_loaders(graph, "save", classes), titles or {}, classes)
    return written(pictures.first), written(pictures.last), written(pictures.open)


BY_INPUT = {
    "start and end": graph(
        latent=("WanFirstLastFrameToVideo", {"start_image": ["b", 0], "end_image": ["a", 0], "length": 81})
    ),
    "through what resizes them": graph(
        latent=("WanFirstLastFrameToVideo", {"start_image": ["wide", 0], "end_image": ["a", 0]}),
        wide=("ImageScale", {"width": 64, "height": 64, "image": ["b", 0]}),
    ),
    "through what takes pictures and masks alike": graph(
        latent=("LTXVAddGuide", {"frame_idx": -1, "image": ["wide", 0], "latent": ["first", 0]}),
        first=("LTXVAddGuide", {"frame_idx": 0, "image": ["b", 0]}),
        wide=("ResizeImageMaskNode", {"resize_type": "scale dimensions", "input": ["a", 0]}),
    ),
    "an index below zero": graph(
        latent=("LTXVAddGuide", {"frame_idx": -1, "image": ["a", 0], "latent": ["first", 0]}),
        first=("LTXVAddGuide", {"frame_idx": 0, "image": ["b", 0]}),
    ),
}


@pytest.mark.parametrize("pictures", BY_INPUT.values(), ids=BY_INPUT.keys())
def test_the_input_that_a_picture_feeds_tells_what_it_is(pictures: Nodes):
    assert found(pictures) == (["b.image"], ["a.image"], [])


def test_else_the_title_tells():
    pictures = graph(latent=("ImageBatch", {"image1": ["a", 0], "image2": ["b", 0]}))

    assert found(pictures, {"a": "Last frame", "b": "First frame"}) == (["b.image"], ["a.image"], [])
    assert found(pictures, {"a": "尾帧", "b": "首帧"}) == (["b.image"], ["a.image"], [])


def test_two_of_which_nothing_tells_are_left_open():
    first, last, left = found(graph(latent=("ImageBatch", {"image1": ["a", 0], "image2": ["b", 0]})))

    assert (first, last, sorted(left)) == ([], [], ["a.image", "b.image"])


def test_a_picture_that_ends_one_clip_and_starts_another_is_left_open():
    pictures = graph(
        latent=("WanFirstLastFrameToVideo", {"start_image": ["a", 0], "positive": ["before", 0]}),
        before=("WanFirstLastFrameToVideo", {"start_image": ["b", 0], "end_image": ["a", 0]}),
    )

    assert found(pictures) == (["b.image"], [], ["a.image"])


def test_one_alone_is_the_picture_whatever_it_feeds():
    assert found(graph(latent=("WanVaceToVideo", {"reference_image": ["a", 0]}))) == (["a.image"], [], [])


def test_a_loader_that_the_clip_does_not_need_is_none_of_its_pictures():
    classes = classes_of(LOADERS)

    assert find_loaders(graph(latent=("WanImageToVideo", {"start_image": ["a", 0]})), "save", classes) == (
        at("a.image"),
    )


def test_an_optional_picture_that_nothing_is_linked_to_is_open():
    latent = graph(latent=("Wan22ImageToVideoLatent", {"width": 1280, "height": 704, "length": 121}))

    assert find_open_socket(latent, "save", classes_of(latent)) == at("latent.start_image")
    assert find_open_socket(LOADERS, "a", classes_of(LOADERS)) is None
