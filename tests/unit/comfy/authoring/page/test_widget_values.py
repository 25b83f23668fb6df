"""Which value of a page's node belongs to which input."""

from collections.abc import Mapping

import pytest

from comfy.authoring.page.page_format import PageNode
from comfy.authoring.page.widget_values import Widgets, read_widgets
from comfy.errors import BadAnswer
from comfy.protocol.object_info import parse_object_info
from tests.unit.comfy.authoring.page_files import inputs_of, node, page, read, socket, widget

ONE = "1"
SAMPLER = {"steps": 20, "cfg": 7.5, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}


def only(kind: str, *values: object, **more: object) -> Mapping[str, object]:
    """The inputs of a file's only node."""
    return inputs_of(page(node(1, kind, *values, **more)), ONE)


def test_the_value_behind_a_seed_says_how_it_changes_and_is_no_input():
    assert only("KSampler", 5, "randomize", 20, 7.5, "euler", "normal", 1.0) == {"seed": 5, **SAMPLER}


def test_the_first_pages_of_2023_saved_only_whether_the_seed_is_drawn_anew():
    assert only("KSampler", 5, True, 20, 7.5, "euler", "normal", 1.0) == {"seed": 5, **SAMPLER}


def test_a_seed_without_such_a_value_is_read_as_well():
    assert only("KSampler", 5, 20, 7.5, "euler", "normal", 1.0) == {"seed": 5, **SAMPLER}


def test_a_control_may_be_asked_for_by_the_class():
    assert only("PrimitiveInt", 5, "fixed") == {"value": 5}


def test_a_forced_socket_has_no_widget():
    assert only("CLIPTextEncodeSDXL", 1, 2, 0, 0, 3, 4, "a", "b")["target_width"] == 3


def test_the_button_of_an_upload_is_no_input():
    assert only("LoadImageMask", "a.png", "alpha", "image") == {"image": "a.png", "channel": "alpha"}


def test_an_entry_of_a_dropdown_brings_further_inputs():
    values = only("ResizeImageMaskNode", "scale longer dimension", 1536, "area")

    assert values == {
        "resize_type": "scale longer dimension",
        "resize_type.longer_size": 1536,
        "scale_method": "area",
    }


def test_an_object_of_values_is_read_by_its_names_without_what_the_page_shows_beside():
    clip = {
        "frame_rate": 16,
        "loop_count": 0,
        "filename_prefix": "clip",
        "format": "video/h264-mp4",
        "pix_fmt": "yuv420p",
        "crf": 19,
        "save_metadata": True,
        "trim_to_audio": False,
        "pingpong": False,
        "save_output": True,
        "videopreview": {"hidden": False, "params": {}},
    }

    assert only("VHS_VideoCombine", widgets_values=clip) == {
        k: v for k, v in clip.items() if k != "videopreview"
    }


def test_the_rows_of_a_lora_loader_with_flexible_inputs_are_kept():
    row = {"on": True, "lora": "a.safetensors", "strength": 0.8, "strengthTwo": None}
    values = only(
        "Power Lora Loader (rgthree)",
        {},
        {"type": "PowerLoraLoaderHeaderWidget"},
        row,
        row | {"on": False},
        {},
        "",
    )

    assert values == {"lora_1": row, "lora_2": row | {"on": False}}


def test_what_a_node_showed_in_its_last_run_is_no_input():
    assert only("PreviewAny", None, None, "the text") == {}


def test_values_that_a_newer_version_added_get_their_default_and_that_is_said():
    graph = read(page(node(1, "CreateVideo", 24, inputs=[socket("images", "IMAGE")])))

    assert graph.nodes[ONE].inputs == {"fps": 24, "bit_depth": 8}
    assert graph.notes == (
        "the file is of another version of these nodes, and has no values for bit_depth of node 1"
        " (CreateVideo): their defaults are used",
    )


def test_null_stands_for_the_default():
    assert only("KSampler", 5, "fixed", None, 7.5, "euler", "normal", 1.0) == {"seed": 5, **SAMPLER}


def test_the_names_in_the_file_count_where_another_version_had_other_widgets():
    inputs = [widget("filename_prefix", "STRING"), widget("format", "COMBO"), widget("codec", "COMBO")]
    values = only("SaveVideo", "clip", "mp4", "h264", inputs=inputs)

    assert (values["format"], values["codec"]) == ("mp4", "h264")


def test_inputs_that_the_file_names_in_part_do_not_take_the_values_of_others():
    """Pages leave inputs with a widget out of a file where nothing is linked to them."""
    inputs = [widget("string", "STRING"), widget("replace", "STRING")]

    assert only("StringReplace", "", "{width}", "", inputs=inputs) == {
        "string": "",
        "find": "{width}",
        "replace": "",
    }


def test_older_pages_list_inputs_as_somebody_made_them_of_widgets():
    inputs = [socket("image", "IMAGE"), widget("scale_by", "FLOAT"), widget("upscale_method", "COMBO")]

    assert only("ImageScaleBy", "area", 0.5, inputs=inputs) == {"upscale_method": "area", "scale_by": 0.5}


def test_widgets_of_an_earlier_version_are_found_between_those_of_today():
    inputs = [socket("image", "IMAGE"), widget("width_input", "INT"), widget("height_input", "INT")]
    values = only("ImageResizeKJ", 1360, 768, "lanczos", False, 16, 0, 0, "disabled", inputs=inputs)

    assert (values["divisible_by"], values["crop"]) == (16, "disabled")


def test_a_class_that_is_not_recorded_is_read_by_the_names_of_its_widgets():
    inputs = [socket("image", "IMAGE", 10), widget("strength", "FLOAT"), widget("seed", "INT")]
    file = page(node(1, "Of Tomorrow", 0.5, 7, "randomize", inputs=inputs))

    assert inputs_of(file, ONE) == {"strength": 0.5, "seed": 7}


def test_newer_pages_name_the_values_themselves():
    named = {"strength": 0.5, "seed": 7, "control_after_generate": "randomize"}
    file = page(
        node(
            1,
            "Of Tomorrow",
            *named.values(),
            inputs=[socket("image", "IMAGE", 10)],
            widgets_values_named=named,
        )
    )

    assert inputs_of(file, ONE) == {"strength": 0.5, "seed": 7}


def test_names_that_disagree_with_the_values_do_not_count():
    """The page reads the values by their order."""
    named = {"upscale_method": "bicubic", "scale_by": 9.0}

    assert only("ImageScaleBy", "area", 0.5, widgets_values_named=named) == {
        "upscale_method": "area",
        "scale_by": 0.5,
    }


def test_a_class_that_nothing_names_the_values_of_is_refused_with_its_pack():
    unknown = node(
        1, "Of Tomorrow", 0.5, inputs=[socket("image", "IMAGE", 10)], properties={"aux_id": "me/tomorrow"}
    )

    with pytest.raises(
        BadAnswer, match=r"node 1 \(Of Tomorrow of me/tomorrow\): nothing says which value is which"
    ):
        read(page(unknown))


def test_values_that_fit_no_version_are_refused():
    with pytest.raises(BadAnswer, match=r"node 1 \(KSampler of comfy-core\): its values fit no version"):
        read(page(node(1, "KSampler", "euler", 20, properties={"cnr_id": "comfy-core"})))


def test_a_partner_node_is_refused_as_one():
    with pytest.raises(
        BadAnswer, match=r"node 1 \(Veo3VideoGenerationNode\) sends its inputs to another company"
    ):
        read(page(node(1, "Veo3VideoGenerationNode", "a cat", "16:9")))


def test_a_servers_own_classes_win_over_the_recorded_ones():
    spec = {"input": {"required": {"factor": ["FLOAT", {}], "upscale_method": ["COMBO", {}]}}}
    classes = parse_object_info({"ImageScaleBy": spec}, {"ImageScaleBy"})

    graph = read(page(node(1, "ImageScaleBy", 2.0, "area")), classes)

    assert graph.nodes[ONE].inputs == {"factor": 2.0, "upscale_method": "area"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (None, Widgets(values={})),
        ([], Widgets(values={})),
        ([3], None),
        ("3", None),
        ({"a": 3}, Widgets(values={"a": 3})),
    ],
)
def test_a_node_of_an_unknown_class_is_read_where_nothing_can_be_mistaken(
    values: object, expected: Widgets | None
):
    assert (
        read_widgets(PageNode(name="1", kind="Of Tomorrow", values=values, properties={}), None) == expected
    )
