"""Prompts and pictures as conditioning: what a sampler is told of them is the prompt's text."""

from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.execution.nodes.passing import pass_on_with, prompt_of
from playground.comfyui.values import Stage

_ENCODE = 0.15  # seconds at speed 1


async def encode_both_texts(node_run: NodeRun) -> NodeResult:
    """WanVideoTextEncode: both prompts, each with its own progress; the result is the positive prompt."""
    await node_run.reach(Stage.ENCODING)
    for value in (1, 2, 1, 2):
        await node_run.tick(value, 2, _ENCODE / 4)
    return NodeResult(values=(node_run.text("positive_prompt"),))


async def encode_text(node_run: NodeRun) -> NodeResult:
    """CLIPTextEncode and its like."""
    await node_run.reach(Stage.ENCODING)
    await node_run.wait(_ENCODE)
    return pass_on_with(node_run, {"CONDITIONING": prompt_of(node_run)})


async def encode_vision(node_run: NodeRun) -> NodeResult:
    """CLIP vision of the picture."""
    await node_run.reach(Stage.ENCODING)
    await node_run.wait(_ENCODE)
    return NodeResult(values=tuple(node_run.node.kind for _ in node_run.output_types))
