"""The published graphs of tests/data/workflows, made small, and what a real server makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass

WEIGHTS = 983  # what WanVideoSampler counts before its steps


@dataclass(frozen=True, kw_only=True)
class Case:
    """A published graph made small by `changes` (`node.input`), and what each of its outputs is then."""

    name: str
    changes: Mapping[str, object]
    size: tuple[int, int]
    frames: int
    fps: float
    bars: Mapping[str, list[int]]
    codecs: Mapping[str, tuple[str, ...]]
    seconds: float | None = None


def small(node: str, width: int, height: int) -> dict[str, object]:
    """The changes of one node's size."""
    return {f"{node}.width": width, f"{node}.height": height}


H264 = ("h264",)
CASES = [
    Case(
        name="cogvideox_1_5_5b_I2V_01",
        changes=small("37", 96, 64),
        size=(96, 64),
        frames=49,
        fps=16,
        bars={"63": [25]},
        codecs={"44": H264},
    ),
    Case(
        name="ex_image_to_video_cosmos_7B",
        changes={**small("83", 64, 64), "83.length": 41},
        size=(64, 64),
        frames=41,
        fps=1000 / 41,
        bars={"3": [20]},
        codecs={"69": ("webp",)},
    ),
    Case(
        name="ex_image_to_video_wan22_14B",
        changes={**small("50", 64, 64), "50.length": 33},
        size=(64, 64),
        frames=33,
        fps=16,
        bars={"57": [10], "58": [10]},
        codecs={"47": ("vp9",), "28": ("webp",)},
    ),
    Case(
        name="ex_image_to_video_wan22_5B",
        changes={**small("55", 64, 64), "55.length": 21},
        size=(64, 64),
        frames=21,
        fps=24,
        bars={"3": [30]},
        codecs={"28": ("webp",), "47": ("vp9",)},
    ),
    Case(
        name="ex_workflow_image_to_video",
        changes=small("12", 64, 64),
        size=(64, 64),
        frames=14,
        fps=10,
        bars={"3": [20]},
        codecs={"10": ("webp",)},
    ),
    Case(
        name="hunyuan15",
        changes={**small("78", 96, 64), "78.length": 61},
        size=(96, 64),
        frames=61,
        fps=24,
        bars={"125": [20]},
        codecs={"102": H264},
    ),
    Case(
        name="ltxv_image_to_video",
        changes={**small("77", 96, 64), "77.length": 33},
        size=(96, 64),
        frames=33,
        fps=24,
        bars={"72": [30]},
        codecs={"81": H264},
    ),
    Case(
        name="new_CogVideoX_api",
        changes={**small("6", 96, 64), "8.num_frames": 33},
        size=(96, 64),
        frames=33,
        fps=16,
        bars={"8": [15]},
        codecs={"10": H264},
    ),
    Case(
        name="new_Wan22_api",
        changes={"235.value": 64, "236.value": 96, "541.num_frames": 33},
        size=(64, 96),
        frames=33,
        fps=16,
        bars={"220": [WEIGHTS, 4], "540": [WEIGHTS, 4], "612": [9]},
        codecs={"131": H264},
    ),
    Case(
        name="oelala_wan22_enhanced_q4km_api",
        changes=small("9", 64, 64),
        size=(64, 64),
        frames=41,
        fps=16,
        bars={"10": [WEIGHTS, 4], "11": [1]},
        codecs={"12": H264},
    ),
    Case(
        name="txt_to_image_to_video",
        changes={**small("22", 64, 64), **small("12", 64, 64)},
        size=(64, 64),
        frames=25,
        fps=10,
        bars={"17": [15], "3": [20]},
        codecs={"24": H264},
    ),
    Case(
        name="video_fastvideo_fasth3_i2v",
        changes={"142.megapixels": 0.01, "105:111.value": 1.0},
        size=(128, 96),
        frames=39,
        fps=24,
        bars={"105:14": [8]},
        codecs={"92": ("h264", "aac")},
        seconds=39 / 24,
    ),
    Case(
        name="video_ltx2_3_i2v",
        changes={"320:312.value": 128, "320:299.value": 128, "320:301.value": 1},
        size=(128, 128),
        frames=25,
        fps=25,
        bars={"320:283": [8], "320:308": [3]},
        codecs={"75": ("h264", "aac")},
        seconds=1.0,
    ),
    Case(
        name="video_wan2_2_14B_flf2v",
        changes=small("81", 64, 64),
        size=(64, 64),
        frames=81,
        fps=16,
        bars={"84": [10], "87": [10]},
        codecs={"83": H264},
    ),
    Case(
        name="video_wan2_2_14B_i2v",
        changes=small("129:98", 64, 64),
        size=(64, 64),
        frames=81,
        fps=16,
        bars={"129:86": [10], "129:85": [10]},
        codecs={"108": H264},
    ),
    Case(
        name="video_wan2_2_5B_ti2v",
        changes={**small("55", 64, 64), "55.length": 49},
        size=(64, 64),
        frames=49,
        fps=24,
        bars={"3": [20]},
        codecs={"58": H264},
    ),
    Case(
        name="video_wan_vace_14B_ref2v",
        changes=small("109", 64, 64),
        size=(64, 64),
        frames=81,
        fps=16,
        bars={"108": [4]},
        codecs={"69": H264},
    ),
    Case(
        name="wanvideo2_2_I2V_A14B_example_WIP",
        # the published conversion has this node's values in another order
        changes={
            **small("68", 96, 96),
            "68.upscale_method": "lanczos",
            "68.crop_position": "center",
            "68.divisible_by": 32,
            "89.num_frames": 25,
        },
        size=(96, 96),
        frames=25,
        fps=16,
        bars={"27": [WEIGHTS, 3], "90": [WEIGHTS, 3], "28": [7]},
        codecs={"60": H264},
    ),
]
