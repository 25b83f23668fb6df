"""Which of the built-in models a server is without, and what it lacks for each. Pure."""

from collections.abc import Mapping, Sequence

from comfy.errors import MissingModel
from comfy.workflows.adapt import MissingRequirement
from comfy.workflows.workflow import Workflow

MAX_NAMES = 3  # in one line

Lacks = Sequence[MissingRequirement]


def absent_models(workflows: Mapping[str, Workflow], missing: Mapping[str, Lacks]) -> Mapping[str, Lacks]:
    """The built-in families that cannot run at all, each with what its nearest workflow lacks.

    `missing`: what each workflow lacks. An owner's own is none of these. Nor is, where nothing can run at
    all, the family that lacks least: somebody is about to install that one.
    """
    families: dict[str, list[str]] = {}
    for name in missing:
        families.setdefault(workflows[name].family, []).append(name)
    nearest = {family: min((missing[name] for name in names), key=len) for family, names in families.items()}
    absent = {
        family: lacks
        for family, lacks in nearest.items()
        if lacks and all(workflows[name].built_in for name in families[family])
    }
    if absent.keys() == nearest.keys() and absent:
        del absent[min(absent, key=lambda family: len(absent[family]))]
    return absent


def describe_lacks(lacks: Lacks) -> str:
    """The first files and nodes that are lacking, in a few words."""
    names = [each.file if isinstance(each, MissingModel) else each.class_type for each in lacks]
    names = list(dict.fromkeys(names))
    return ", ".join([*names[:MAX_NAMES], *(["…"] if len(names) > MAX_NAMES else [])])
