"""Samplers: each counts the steps that the original counts, and gives a latent that moves."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from playground.comfyui.execution.cache import NodeResult
from playground.comfyui.execution.media import Latent
from playground.comfyui.execution.node_environment import NodeRun
from playground.comfyui.execution.nodes.latents import fit_latent
from playground.comfyui.execution.nodes.passing import pass_on_with, prompt_of
from playground.comfyui.execution.nodes.wan_wrapper import check_patches

_WEIGHTS = 983  # what WanVideoSampler counts before its steps (recordings 41, 42)
_LOAD, _STEP = 0.2, 0.12  # seconds at speed 1
_USUAL_PIXELS = 832 * 480 * 81
_LAST = re.compile("end|last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmas:
    """A list of so many sigmas, of which only the number counts here: one more than steps."""

    count: int


async def sample(node_run: NodeRun) -> NodeResult:
    """KSampler, KSamplerAdvanced, SamplerCustom, SamplerCustomAdvanced: one bar of the steps they run."""
    return await _sample(node_run, _latent(node_run), _steps(node_run))


async def sample_wan(node_run: NodeRun) -> NodeResult:
    """WanVideoSampler: one bar of the weights, then one of its part of the steps (fact 13)."""
    latent = _latent(node_run)
    for value in (1, _WEIGHTS // 3, 2 * _WEIGHTS // 3, _WEIGHTS, 0):
        await node_run.tick(value, _WEIGHTS, _LOAD / 5)
    check_patches(latent)
    return await _sample(node_run, latent, _wan_steps(node_run))


async def sample_cog(node_run: NodeRun) -> NodeResult:
    """CogVideoSampler: it takes the length, where others find it in the latent.

    Its decoder makes 4n frames of an even number n of cells, and 4n - 3 of an odd one.
    """
    cells = (node_run.whole("num_frames", 1) - 1) // 4 + 1
    frames = cells * 4 if cells % 2 == 0 else cells * 4 - 3
    steps, strength = node_run.whole("steps"), node_run.number("denoise_strength", 1)
    count = min(int(steps * strength), steps) if node_run.has("samples") else steps
    return await _sample(node_run, replace(_latent(node_run), frames=frames), count)


async def sample_framepack(node_run: NodeRun) -> NodeResult:
    """FramePackSampler: a bar for each section of a window, which sends every value twice."""
    window, seconds = node_run.whole("latent_window_size", 9), node_run.number("total_second_length", 5)
    sections = max(round(seconds * 30 / (window * 4)), 1)
    last = next(
        (latent.first for name, latent in node_run.values_of(Latent).items() if _LAST.search(name)), None
    )
    latent = replace(_latent(node_run), frames=sections * window * 4 + 1, last=last)
    result = NodeResult()
    for _ in range(sections):
        result = await _sample(node_run, latent, node_run.whole("steps"), again=True)
    return result


async def schedule(node_run: NodeRun) -> NodeResult:
    """A scheduler: the number of sigmas that it gives."""
    steps, denoise = node_run.whole("steps"), node_run.number("denoise", 1)
    if node_run.node.kind == "SDTurboScheduler":
        steps = min(steps, int(10 * denoise))
    elif node_run.node.kind in ("GITSScheduler", "AlignYourStepsScheduler", "OptimalStepsScheduler"):
        steps = round(steps * denoise) if denoise < 1 else steps
    is_empty = denoise <= 0 and "denoise" in node_run.inputs
    return NodeResult(values=(Sigmas(count=0 if is_empty else steps + 1),))


async def list_sigmas(node_run: NodeRun) -> NodeResult:
    """ManualSigmas: those that its text lists."""
    numbers = re.findall(r"[-+]?(?:\d*\.*\d+)", node_run.text("sigmas"))
    return NodeResult(values=(Sigmas(count=len(numbers)),))


async def split_sigmas(node_run: NodeRun) -> NodeResult:
    """SplitSigmas and SplitSigmasDenoise: two lists that share the sigma between them."""
    count = node_run.value("sigmas", Sigmas).count
    if node_run.has("step"):
        step = min(node_run.whole("step"), count)
        return NodeResult(values=(Sigmas(count=min(step + 1, count)), Sigmas(count=count - step)))
    low = round(max(count - 1, 0) * node_run.number("denoise", 1))
    high = count - low if low else 0
    return NodeResult(values=(Sigmas(count=high), Sigmas(count=low + 1)))


async def make_noise(node_run: NodeRun) -> NodeResult:
    """RandomNoise and DisableNoise: the seed stands for the noise."""
    return NodeResult(values=(node_run.whole("noise_seed"),))


def _latent(node_run: NodeRun) -> Latent:
    found = node_run.values_of(Latent)
    latent = next((latent for name, latent in found.items() if not _LAST.search(name)), None)
    if latent is None and node_run.has("width"):
        return fit_latent(node_run)
    return latent or node_run.value("latent_image", Latent)


def _steps(node_run: NodeRun) -> int:
    if isinstance(sigmas := node_run.inputs.get("sigmas"), Sigmas):
        return max(sigmas.count - 1, 0)
    steps = node_run.whole("steps")
    if node_run.number("denoise", 1) <= 0:
        return 0
    end = min(node_run.whole("end_at_step", steps), steps)
    return max(end - node_run.whole("start_at_step"), 0)


def _wan_steps(node_run: NodeRun) -> int:
    sigmas = node_run.inputs.get("sigmas")
    steps = sigmas.count - 1 if isinstance(sigmas, Sigmas) else node_run.whole("steps")
    denoise, end = node_run.number("denoise_strength", 1), node_run.whole("end_step", -1)
    start = node_run.whole("start_step") if denoise >= 1 else steps - int(steps * denoise) - 1
    _check_part(start, end, steps)
    return (steps if end == -1 else end) - start


def _check_part(start: int, end: int, steps: int) -> None:
    """The wrapper's refusals of a part without steps."""
    if start >= steps:
        text = "the requested range would produce an empty timestep slice"
        raise ValueError(f"start_step ({start}) must be < steps ({steps}); {text}")
    if end > steps:
        raise ValueError(f"end_step ({end}) must be <= steps ({steps})")
    if end != -1 and start >= end:
        raise ValueError(f"start_step ({start}) must be less than end_step ({end})")


async def _sample(node_run: NodeRun, latent: Latent, steps: int, *, again: bool = False) -> NodeResult:
    size = latent.width * latent.height * latent.frames
    # without guidance the model runs once a step, not twice
    guided = 1 if node_run.number("cfg") > 1 else 0.5
    picture = latent.picture
    for step in range(1, steps + 1):
        await node_run.step(step, steps, _STEP * guided * size / _USUAL_PIXELS, picture)
        if again:
            await node_run.tick(step, steps, 0)
    motion = latent.motion or f"{_seed(node_run)}|{prompt_of(node_run)}"
    return pass_on_with(node_run, {"LATENT": replace(latent, motion=motion)})


def _seed(node_run: NodeRun) -> int:
    return node_run.whole(node_run.has("seed", "noise_seed", "noise") or "", 0)


SAMPLERS: Mapping[str, Callable[[NodeRun], Awaitable[NodeResult]]] = {
    "WanVideoSampler": sample_wan,
    "WanVideoSamplerMultiGPU": sample_wan,
    "CogVideoSampler": sample_cog,
    "FramePackSampler": sample_framepack,
}
"""Samplers that count otherwise than ComfyUI's own."""
