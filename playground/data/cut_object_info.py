"""Cuts a recorded /object_info to the node classes of image-to-video graphs, which the playground lists.

python -m playground.data.cut_object_info RECORDED.json... > playground/data/object_info_video.json
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from playground.comfyui.graph import parse_list, parse_object

_CATEGORIES = re.compile(
    r"model/(loaders|sampling.*|patch(/(ltxv|minimax|stable diffusion|wan))?)"
    r"|model/conditioning(/(transform|cosmos|hunyuan video|kandinsky|ltxv|minimax|stable video))?"
    r"|model/conditioning/wan(/(camera|fun inpaint|fun control|phantom subject|vace|sound))?"
    r"|model/latent(/(batch|cosmos|hunyhuan video|hunyuan video|ltxv|minimax|mochi|transform))?"
    r"|image/(upscaling|batch|transform)|utilities(/.*)?|video|video/preprocessors|audio"
    r"|CogVideoWrapper|FramePackWrapper|KJNodes/constants"
)
_NAMES = re.compile(
    r"SaveImage|PreviewImage|LoadImage|LoadImageMask|LoadImageOutput|EmptyImage|SaveAnimated(WEBP|PNG)|GetImageSize"
    r"|String(Concatenate|Format|Replace|Trim)|CFGZeroStar|SkipLayerGuidanceDiT|LTXV.*Guidance|EasyCache"
    r"|VHS_(VideoCombine|LoadVideo|LoadAudio|SelectEveryNthImage|GetImageCount|DuplicateImages)"
    r"|WanVideo(Sampler|Decode|Encode|TextEncode|TextEncodeCached|ClipVisionEncode|ImageToVideoEncode|EmptyEmbeds"
    r"|VACEEncode|ModelLoader|VAELoader|TinyVAELoader|BlockSwap|SetBlockSwap|LoraSelect(Multi)?|SetLoRAs"
    r"|ContextOptions|TeaCache|MagCache|EasyCache|EnhanceAVideo|SLG|ExperimentalArgs|TorchCompileSettings"
    r"|VRAMManagement|Scheduler|LoopArgs|ImageResizeToClosest)(MultiGPU)?"
    r"|LoadWanVideo(T5|Clip)TextEncoder(MultiGPU)?|CreateCFGScheduleFloatList"
    r"|ImageResizeKJ(v2)?|GetImageSizeAndCount|GetImageRangeFromBatch|ColorMatch|PathchSageAttentionKJ"
    r"|ModelPatchTorchSettings|SimpleCalculatorKJ|LazySwitchKJ"
    r"|.*(Unet|CLIP)LoaderGGUF|(RIFE|FILM) VFI|UNETLoaderMultiGPU|Power Lora Loader \(rgthree\)"
    r"|(Seed|Any Switch) \(rgthree\)|SimpleMath\+|ImageResize\+|GetImageSize\+|MathExpression\|pysssss"
    r"|easy (int|float|string|boolean|mathInt|ifElse)|LTXV(Base|Extend)Sampler|TextGenerate.*"
)
_UNWANTED = re.compile(
    r".*(Quadruple|Triple|GLIGEN|Hypernetwork|Style|PhotoMaker|MoGe|DA3|MediaPipe|Data[Ss]et|SeedVR2|Ideogram"
    r"|Flux2|B(ounding)?Box|Record|Deduplication|Background|Tora|PiD|RefinerLatent|unCLIP|VOID|pysssss).*"
)
_TEXTS = {"tooltip", "output_tooltips", "description", "search_aliases", "essentials_category"}
_ALREADY = Path(__file__).with_name("object_info.json")


def cut(recorded: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the classes that are wanted and not in object_info.json, each `"name":{...}`."""
    already = json.loads(_ALREADY.read_bytes())
    for name, info in recorded.items():
        if name in already or (_UNWANTED.fullmatch(name) and name != "MathExpression|pysssss"):
            continue
        if _CATEGORIES.fullmatch(info["category"]) or _NAMES.fullmatch(name):
            kept = json.dumps(_cleaned(info), ensure_ascii=False, separators=(",", ":"))
            yield f"{json.dumps(name)}:{kept}"


def _cleaned(value: object) -> object:
    """Leave out what only a person reads on ComfyUI's page, and names that stand for a server's own files."""
    if items := parse_list(value):
        return [_cleaned(item) for item in items if not str(item).startswith("example.")]
    if parse_object(value):
        return {key: _cleaned(item) for key, item in parse_object(value).items() if key not in _TEXTS}
    return value


if __name__ == "__main__":
    lines = [line for path in sys.argv[1:] for line in cut(json.loads(Path(path).read_bytes()))]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")
