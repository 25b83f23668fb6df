"""The reference of a manifest is that of the program."""

from dataclasses import fields
from pathlib import Path

from comfy import Workflow
from comfy.workflows.manifest_keys import KEYS, reference
from comfy.workflows.workflow import PICTURES, VALUES

PAGE = (Path(__file__).parents[4] / "docs" / "workflows.md").read_text("utf-8")


def test_the_documentation_names_every_key_and_every_value() -> None:
    assert reference() in PAGE, "write it anew: python -m comfy.workflows.manifest_keys"
    for name in (*PICTURES, *VALUES, "split"):
        assert f"`{name}`" in reference(), name


def test_every_key_is_a_part_of_a_workflow_or_of_its_rules() -> None:
    own = {field.name for field in fields(Workflow)} - {"name", "rules", "built_in"}
    assert own | {"ranges", "defaults", "fps", "frames", "seconds", "size", "sound", "extends"} == KEYS
