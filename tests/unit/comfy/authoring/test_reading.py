"""A workflow is read out of whatever text somebody has it in; the rest is refused with a reason."""

import json

import pytest

from comfy.authoring.reading import MAX_CHARACTERS, decode_source, read_source
from comfy.errors import BadAnswer
from tests.unit.comfy.authoring.page_files import node, page

API = {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}, "_meta": {"title": "Mine"}}}
PAGE = page(node(1, "LoadImage", "b.png", "image", title="The picture", properties={"cnr_id": "comfy-core"}))


@pytest.mark.parametrize(
    "file",
    [
        API,
        {"prompt": API},
        {"prompt": API, "client_id": "x", "extra_data": {}},
        {"input": {"workflow": API}},
        {"input": {"prompt": API}},
        {"input": {"workflow_json": json.dumps(API)}},
        {"workflow": API},
        {"output": API, "workflow": {}},
        json.dumps(API),
        {"prompt": json.dumps(API), "workflow": json.dumps(PAGE)},
        API | {"extra_data": {"note": "mine"}, "_comment": "for tests"},
    ],
)
def test_the_usual_wrappers_of_the_api_format(file: object):
    graph = read_source(json.dumps(file))

    assert graph.nodes["1"].inputs == {"image": "a.png"}


@pytest.mark.parametrize(
    "file",
    [
        PAGE,
        {"workflow": PAGE},
        {"input": {"workflow": PAGE}},
        {"extra_data": {"extra_pnginfo": {"workflow": PAGE}}},
        {"workflow": json.dumps(PAGE)},
    ],
)
def test_the_usual_wrappers_of_the_pages_format(file: object):
    assert read_source(json.dumps(file)).nodes["1"].inputs == {"image": "b.png"}


def test_of_both_formats_the_api_one_is_taken_with_what_the_page_tells():
    graph = read_source(json.dumps({"prompt": API, "workflow": PAGE}))

    assert graph.nodes["1"].inputs == {"image": "a.png"}
    assert (graph.titles, graph.packs) == ({"1": "The picture"}, {"LoadImage": "comfy-core"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_any_encoding_that_windows_writes(encoding: str):
    assert read_source(decode_source(json.dumps(API).encode(encoding))).nodes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("{}", "it is empty"),
        ("[]", "it is a list, not a workflow"),
        ("3", "it is a single value"),
        ("<!DOCTYPE html><html></html>", "it is a web page"),
        ('{"a": 1,\n"b" 2}', "it is not JSON: line 2, column 5"),
        ('{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> b\n}', "line 2 is a conflict marker of Git"),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", "it is nested too deeply"),
        ("[" * 100_000, "it is nested too deeply|it is not JSON"),
        ('{"name": "x", "steps": 3}', "neither format of ComfyUI's workflows: it has name, steps"),
        ('{"nodes": [], "links": []}', "it holds no node that runs"),
        ('{"1": {"class_type": "A", "inputs": {}}, "2": {"inputs": {}}}', '"2" is no node'),
        ('{"nodes": [{"id": 1}], "links": []}', "node 1 has no type"),
        ('{"nodes": [{"id": 1, "type": "A"}], "links": [3]}', "a link that is neither"),
        (json.dumps({"nodes": [{"id": 1, "type": "Note"}] * 5001, "links": []}), "more than 5000 nodes"),
    ],
)
def test_what_is_no_workflow_is_refused_with_the_reason(text: str, reason: str):
    with pytest.raises(BadAnswer) as caught:
        read_source(text)

    assert caught.match(reason)


def test_a_file_that_is_too_large_is_not_parsed():
    with pytest.raises(BadAnswer, match="larger than 20 MB"):
        read_source(" " * (MAX_CHARACTERS + 1))
    with pytest.raises(BadAnswer, match="larger than 20 MB"):
        decode_source(bytes(50_000_000))


@pytest.mark.parametrize(
    "head", [b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x01\x00\x00WEBP", b"\x00\x00\x00\x20ftypisom"]
)
def test_a_picture_or_clip_without_a_workflow_is_refused_as_one(head: bytes):
    with pytest.raises(BadAnswer, match="a picture or clip that holds no workflow"):
        decode_source(head + bytes(range(256)))


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(BadAnswer, match="it is no text"):
        decode_source(b"PK\x03\x04\xff\xff\xff")
