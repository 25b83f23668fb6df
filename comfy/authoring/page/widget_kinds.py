"""Which inputs have a widget in ComfyUI's page, which values fit it, and what stands beside it. Pure."""

from comfy.protocol.json_values import is_list, is_mapping
from comfy.protocol.object_info import InputSpec

DYNAMIC = "COMFY_DYNAMICCOMBO_V3"
CONTROL_VALUES = ("fixed", "increment", "decrement", "randomize", "increment-wrap")
_PLAIN = {"INT", "INT:seed", "FLOAT", "STRING", "BOOLEAN", "COMBO", DYNAMIC}
_DRAWN = {
    "COLOR",
    "COLORS",
    "CURVE",
    "RANGE",
    "BOUNDING_BOX",
    "BOUNDING_BOXES",
    "PAINTER",
    "CHART",
    "COMPOSITOR",
}
_MEDIA = {"GALLERIA", "VIDEO_EDIT", "LOAD_3D", "LOAD_3D_ANIMATION", "WEBCAM", "AUDIO_RECORD"}
_WIDGET_KINDS = _PLAIN | _DRAWN | _MEDIA | {"MARKDOWN", "TEXTAREA", "VHSTIMESTAMP"}
_BESIDE_NAMES = ["control_before_generate", "control_filter_list", "upload", "audioUI", "videopreview"]
_BUTTON_VALUES = ("image", "video", "audio")


def is_widget(spec: InputSpec) -> bool:
    """Whether the page shows a widget for the input, whose value it saves."""
    return not spec.only_linked and may_be_widget(spec)


def may_be_widget(spec: InputSpec) -> bool:
    """Whether the page had a widget for it if the node's class did not ask for a socket."""
    return bool(_WIDGET_KINDS & {spec.kind, spec.widget_kind})


def is_beside(name: str) -> bool:
    """Whether a widget of this name belongs to no input: a control, the button of an upload, a preview."""
    plain = name.partition("#")[0]  # the page numbers widgets of one name
    return plain in (*_BESIDE_NAMES, *CONTROL_VALUES) or plain.endswith("control_after_generate")


def is_harmless(value: object) -> bool:
    """Whether a value left over at the end is a control's, a button's or a preview's."""
    if isinstance(value, str):
        return value in ("", *_BUTTON_VALUES, *CONTROL_VALUES) or value.startswith("<")
    return value is None or (is_mapping(value) and bool({"hidden", "params", "options"} & value.keys()))


def fits(value: object, spec: InputSpec) -> bool:
    """Whether a widget of this kind can hold the value; null stands for a widget that held none."""
    if value is None or (is_list(value) and is_list(spec.default)):
        return True
    match spec.widget_kind or spec.kind:
        case "INT" | "INT:seed":
            return not isinstance(value, bool) and (isinstance(value, int) or _is_whole(value))
        case "FLOAT":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "BOOLEAN":
            return isinstance(value, bool)
        case "STRING":
            return isinstance(value, str)
        case "COMBO":
            return not is_mapping(value)
        case kind:
            return kind != DYNAMIC or isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()


def of_kind(kind: str) -> InputSpec:
    """An input of which only its type is known."""
    return InputSpec(required=True, choices=None, default=None, brings={}, kind=kind)
