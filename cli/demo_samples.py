"""The pictures, prompts and clip that the demo's page offers."""

from media.sample import CLIP_FPS, CLIP_SIZE, sample_frames, sample_picture
from media.sample_scenes import balloon_picture, campfire_picture
from playground.page import Example, Sample


def demo_samples(boat_prompt: str) -> list[Sample]:
    """The samples, with titles and prompts by language; `boat_prompt`: the English one of the first."""
    boat = Sample(
        draw=sample_picture,
        title={"en-US": "Boat at dusk", "zh-CN": "黄昏的小船", "zh-TW": "黃昏的小船"},
        prompt={
            "en-US": boat_prompt,
            "zh-CN": "小船随着波浪轻轻摇晃，夕阳在水面上闪烁",
            "zh-TW": "小船隨著波浪輕輕搖晃，夕陽在水面上閃爍",
        },
    )
    balloons = Sample(
        draw=balloon_picture,
        title={"en-US": "Balloons", "zh-CN": "热气球", "zh-TW": "熱氣球"},
        prompt={
            "en-US": "The hot-air balloons rise slowly over the hills in the morning light",
            "zh-CN": "热气球在晨光中缓缓飞过山丘",
            "zh-TW": "熱氣球在晨光中緩緩飛過山丘",
        },
    )
    campfire = Sample(
        draw=campfire_picture,
        title={"en-US": "Campfire", "zh-CN": "篝火", "zh-TW": "營火"},
        prompt={
            "en-US": "The campfire flickers and the stars twinkle while the camera slowly moves closer",
            "zh-CN": "篝火跳动，星星闪烁，镜头缓缓推近",
            "zh-TW": "營火跳動，星星閃爍，鏡頭緩緩推近",
        },
    )
    return [boat, balloons, campfire]


def demo_example() -> Example:
    """The finished clip of the first sample."""
    return Example(draw=sample_frames, size=CLIP_SIZE, fps=CLIP_FPS)
