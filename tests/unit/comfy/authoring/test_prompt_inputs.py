"""The texts behind both conditionings of a sampler."""

import pytest

from comfy.authoring.prompt_inputs import Polarity, find_prompts
from comfy.graphs.nodes import Nodes
from tests.unit.comfy.authoring.graphs import classes_of, nodes, written

ENCODERS = nodes(
    yes=("CLIPTextEncode", {"text": "a fox", "clip": ["clip", 0]}),
    no=("CLIPTextEncode", {"text": "blurry", "clip": ["clip", 0]}),
    clip=("CLIPLoader", {"clip_name": "a.safetensors"}),
)


def found(graph: Nodes) -> tuple[list[str], list[str]]:
    texts = find_prompts(graph, ("sampler",), classes_of(graph))
    return written(texts[Polarity.POSITIVE]), written(texts[Polarity.NEGATIVE])


def sampled(**graph: tuple[str, dict[str, object]]) -> Nodes:
    return {**ENCODERS, **nodes(**graph)}


KINDS = {
    "at the sampler": sampled(sampler=("KSampler", {"positive": ["yes", 0], "negative": ["no", 0]})),
    "behind a guider": sampled(
        sampler=("SamplerCustomAdvanced", {"guider": ["guider", 0]}),
        guider=("CFGGuider", {"positive": ["yes", 0], "negative": ["no", 0], "cfg": 1.0}),
    ),
    "through a node that gives both": sampled(
        sampler=("KSampler", {"positive": ["both", 0], "negative": ["both", 1]}),
        both=("WanImageToVideo", {"positive": ["yes", 0], "negative": ["no", 0], "width": 64}),
    ),
    "crossed on the way": sampled(
        sampler=("KSampler", {"positive": ["both", 1], "negative": ["both", 0]}),
        both=("WanImageToVideo", {"positive": ["no", 0], "negative": ["yes", 0], "width": 64}),
    ),
    "through a node that changes one": sampled(
        sampler=("KSampler", {"positive": ["rate", 0], "negative": ["rate", 1]}),
        rate=("LTXVConditioning", {"positive": ["guided", 0], "negative": ["no", 0], "frame_rate": 24}),
        guided=("FluxGuidance", {"conditioning": ["yes", 0], "guidance": 3.5}),
    ),
}


@pytest.mark.parametrize("graph", KINDS.values(), ids=KINDS.keys())
def test_both_texts_are_found(graph: Nodes):
    assert found(graph) == (["yes.text"], ["no.text"])


def test_one_node_with_both_texts_has_each():
    graph = nodes(
        sampler=("WanVideoSampler", {"text_embeds": ["texts", 0]}),
        texts=("WanVideoTextEncode", {"positive_prompt": "a fox", "negative_prompt": "blurry"}),
    )

    assert found(graph) == (["texts.positive_prompt"], ["texts.negative_prompt"])


def test_a_conditioning_that_is_zeroed_is_no_negative_prompt():
    graph = sampled(
        sampler=("KSampler", {"positive": ["yes", 0], "negative": ["zero", 0]}),
        zero=("ConditioningZeroOut", {"conditioning": ["yes", 0]}),
    )

    assert found(graph) == (["yes.text"], [])


def test_a_guider_with_one_conditioning_has_no_negative_prompt():
    graph = sampled(
        sampler=("SamplerCustomAdvanced", {"guider": ["guider", 0]}),
        guider=("BasicGuider", {"conditioning": ["yes", 0]}),
    )

    assert found(graph) == (["yes.text"], [])


def test_a_text_is_found_where_it_is_typed_behind_what_rewrites_it():
    graph = {
        **nodes(
            sampler=("KSampler", {"positive": ["encode", 0]}),
            encode=("CLIPTextEncode", {"text": ["choice", 0]}),
            choice=(
                "ComfySwitchNode",
                {"switch": False, "on_false": ["typed", 0], "on_true": ["written", 0]},
            ),
            written=("TextGenerateLTX2Prompt", {"prompt": ["typed", 0], "max_length": 256}),
            typed=("PrimitiveStringMultiline", {"value": "a fox"}),
        )
    }

    assert found(graph) == (["typed.value"], [])


def test_of_joined_texts_the_linked_one_is_the_prompt():
    graph = nodes(
        sampler=("KSampler", {"positive": ["encode", 0]}),
        encode=("CLIPTextEncode", {"text": ["joined", 0]}),
        joined=(
            "StringConcatenate",
            {"string_a": ["typed", 0], "string_b": ", best quality", "delimiter": ""},
        ),
        typed=("PrimitiveStringMultiline", {"value": "a fox"}),
    )

    assert found(graph) == (["typed.value"], [])
