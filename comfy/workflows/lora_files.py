"""What LoRA files are called to people, and which of them are one LoRA for two experts. Pure."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from comfy.graphs.lora_nodes import LoraFiles
from comfy.graphs.lora_places import Expert, read_expert
from comfy.printable import printable
from comfy.protocol.object_info import base_name, is_model_file

MAX_NAME = 80  # characters: Discord's choices have 100, and a strength may follow
# People write the expert in any of these ways; only what has its opposite in the list is one of a pair.
PAIR_MARKER = re.compile("high|low|(?<![a-z])(?:hn|ln|h|l)(?![a-z])", re.IGNORECASE)
GAP = "\0"  # stands where the expert was
GAP_AND_NOISE = re.compile(f"[ ._-]*{GAP}(?:[ ._-]*noise)?", re.IGNORECASE)
UNFIT = re.compile("[`:,]+")


def name_loras(
    files: Collection[str], patterns: Sequence[str], *, experts: bool = False
) -> Mapping[str, LoraFiles]:
    """The LoRAs among a server's files that match one of the patterns, by their names for people.

    A pattern is held against the whole path, `/` between its folders, case kept. A name is the file's without
    folders and ending; with its folders where several have the same. `experts`: whether there are two models,
    so that the two files of a pair are one LoRA, and one for `high` or `low` is for that model only.
    """
    paths = {file.replace("\\", "/"): file for file in sorted(files) if is_model_file(file)}
    wanted = [path for path in paths if any(fnmatchcase(path, _plain(each)) for each in patterns)]
    pairs = _find_pairs(wanted if experts else ())
    paired = {path for pair in pairs.values() for path in pair.values()}
    named: list[tuple[str, LoraFiles]] = [
        (_pair_name(key, pair), {expert: paths[path] for expert, path in pair.items()})
        for key, pair in pairs.items()
    ]
    named += [
        (_without_suffix(path), {read_expert(path) if experts else None: paths[path]})
        for path in wanted
        if path not in paired
    ]
    return _by_unique_names(named)


def _plain(pattern: str) -> str:
    return pattern.replace("\\", "/")


def _find_pairs(paths: Sequence[str]) -> Mapping[str, Mapping[Expert, str]]:
    """The pairs of paths that differ in their expert alone, by the path with a gap for it."""
    sides = defaultdict[str, dict[Expert, set[str]]](lambda: {Expert.HIGH: set(), Expert.LOW: set()})
    for path in paths:
        for key, expert in _readings(path):
            sides[key][expert].add(path)
    found: dict[str, Mapping[Expert, str]] = {}
    taken = set[str]()
    for key, side in sides.items():
        if all(len(each) == 1 for each in side.values()):
            pair = {expert: next(iter(each)) for expert, each in side.items()}
            if taken.isdisjoint(pair.values()):
                taken |= {*pair.values()}
                found[key] = pair
    return found


def _readings(path: str) -> Iterator[tuple[str, Expert]]:
    """Each way to read an expert out of a path: from all of its markers, else from one of them."""
    matches = list(PAIR_MARKER.finditer(path))
    experts = [Expert.HIGH if match[0][0].lower() == "h" else Expert.LOW for match in matches]
    if len({*experts}) == 1:
        yield PAIR_MARKER.sub(GAP, path).casefold(), experts[0]
    for match, expert in zip(matches, experts, strict=True):
        yield f"{path[: match.start()]}{GAP}{path[match.end() :]}".casefold(), expert


def _pair_name(key: str, pair: Mapping[Expert, str]) -> str:
    """The path of a pair without the expert, as its file for high noise is written."""
    path = pair[Expert.HIGH]
    spelled = next(
        (
            f"{path[: match.start()]}{GAP}{path[match.end() :]}"
            for match in PAIR_MARKER.finditer(path)
            if f"{path[: match.start()]}{GAP}{path[match.end() :]}".casefold() == key
        ),
        PAIR_MARKER.sub(GAP, path),
    )
    parts = [GAP_AND_NOISE.sub("", part).strip(" ._-") for part in _without_suffix(spelled).split("/")]
    kept = [part for part in parts if part]
    return "/".join(kept) or _without_suffix(path)


def _without_suffix(path: str) -> str:
    return path.rpartition(".")[0]


def _by_unique_names(named: Sequence[tuple[str, LoraFiles]]) -> Mapping[str, LoraFiles]:
    groups = defaultdict[str, list[tuple[str, LoraFiles]]](list)
    for path, files in sorted(named, key=lambda each: each[0].casefold()):
        groups[_fit(base_name(path))].append((path, files))
    found: dict[str, LoraFiles] = {}
    for name, group in groups.items():
        for path, files in group:
            wanted = name if len(group) == 1 else _fit(path)
            found[_free(wanted, found)] = files
    return dict(sorted(found.items(), key=lambda each: each[0].casefold()))


def _fit(name: str) -> str:
    """A name that people can read and type in one line, next to a strength."""
    return UNFIT.sub("_", printable(name, MAX_NAME)) or "_"


def _free(name: str, taken: Mapping[str, LoraFiles]) -> str:
    others = (name, *(f"{name} ({number})" for number in range(2, len(taken) + 3)))
    return next(each for each in others if each not in taken)
