"""The keys of a manifest: what each means, and what counts where it is not said.

`python -m comfy.workflows.manifest_keys` prints them as the table of docs/workflows.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestKey:
    """One line of the reference, in Markdown. `names`: the keys of a manifest that it is about."""

    names: tuple[str, ...]
    written: str
    means: str
    otherwise: str = ""


MANIFEST_KEYS = (
    ManifestKey(
        names=("output",),
        written="`output`",
        means="the node that saves the clip; only it and what it needs is sent",
        otherwise="the save node with the most nodes behind it",
    ),
    ManifestKey(
        names=("inputs",),
        written="`[inputs]`",
        means=(
            "the place of each value: `image`, `last_image`, `prompt`, `negative_prompt`, `seed`, "
            "`steps`, `cfg`, `shift`, `denoise`, `width` and `height`, `frames` or `seconds`, `fps`, "
            "`prefix`, and those of `[derived]`. One that names `image`, `prompt` or `seed` lists all "
            "there are: what is not here is neither offered nor shown; else it adds to what is found. "
            "`prompt = []`: no words are to count"
        ),
        otherwise="found in the graph; `prefix` is the output's `filename_prefix`",
    ),
    ManifestKey(
        names=(),
        written="`image`, `last_image`",
        means=(
            "a LoadImage's `image`, or an input that takes a picture: a LoadImage is then put in "
            "front of it. Without a last picture, what is there for it is left out, where the nodes "
            "can do without"
        ),
        otherwise="",
    ),
    ManifestKey(
        names=("title", "description"),
        written="`title`, `description`",
        means=('by language: `title = { en = "…", zh = "…" }`'),
        otherwise="the name of the file",
    ),
    ManifestKey(
        names=("family", "priority"),
        written="`family`, `priority`",
        means=(
            "workflows of one family replace one another where they have the same preset; the "
            "smallest priority comes first, unless `MODEL_ORDER` says otherwise"
        ),
        otherwise="the name; 100",
    ),
    ManifestKey(
        names=("fps",),
        written="`fps`",
        means="frames a second",
        otherwise="the nearest `fps` or `frame_rate` before the output",
    ),
    ManifestKey(
        names=("ranges",),
        written="`[ranges]`",
        means=(
            "`{ least, most, step }` of a number; for `frames` the rule of the model: `{ least = 5, "
            "most = 124, step = 17 }` is 17 n + 5"
        ),
        otherwise="the node's own limits; of `frames` up to what the graph has",
    ),
    ManifestKey(
        names=("frames",),
        written="`frames`",
        means="how many there are, where nobody can choose",
        otherwise="the node that sets the length",
    ),
    ManifestKey(
        names=("seconds",),
        written="`seconds`",
        means=("the durations that are suggested: `[2, 5, 10]`. Whatever the range allows can be asked for"),
        otherwise="each whole second",
    ),
    ManifestKey(
        names=("size",),
        written="`size`",
        means=(
            "`{ sizes = [[832, 480], …] }`, or `{ area = 589824, multiple = 32 }`: any shape of about"
            " so many pixels"
        ),
        otherwise="the area of the graph's own width and height, in multiples of what its nodes take",
    ),
    ManifestKey(
        names=("sound",),
        written="`sound`",
        means="`true` where the clip has sound",
        otherwise="whether sound is linked to the output",
    ),
    ManifestKey(
        names=("defaults",),
        written="`[defaults]`",
        means=(
            "what counts where nobody chooses: `seconds`, `steps`, `cfg`, `shift`, `denoise`, "
            "`negative_prompt`"
        ),
        otherwise="what the graph holds",
    ),
    ManifestKey(
        names=("presets",),
        written="`[presets.NAME]`",
        means="the same names, `title`, and `set`: any inputs with a number, a text, true or false",
        otherwise="one preset, as the graph is; a switch for few steps makes `turbo` and `quality`",
    ),
    ManifestKey(
        names=("derived",),
        written="`[derived]`",
        means=(
            'values computed from others: `split = "steps / 2"`, with `+ - * / // %`, parentheses, '
            "min, max, abs, round, floor, ceil"
        ),
        otherwise="`split` is half of the steps",
    ),
    ManifestKey(
        names=("prompt_prefix", "prompt_suffix"),
        written="`prompt_prefix`, `prompt_suffix`",
        means="words around each prompt",
        otherwise="",
    ),
    ManifestKey(
        names=("choices",),
        written="`[choices.NAME]`",
        means="what a person may choose: `title`, `default`, and `options.NAME` with `title` and `set`",
        otherwise="",
    ),
    ManifestKey(
        names=("loras",),
        written="`loras`",
        means=(
            'LoRAs that people may add, by patterns over the server\'s own list: `"wan22/*"`, `["a/*",'
            ' "b/*"]`, or `{ patterns = …, most = 2, strength = { least = 0, most = 2, default = 1 },'
            ' at = ["12.model"] }`; see below'
        ),
        otherwise="none",
    ),
    ManifestKey(
        names=("crf",),
        written="`crf`",
        means="the output's input that makes its file coarser, for clips that are too large",
        otherwise="such a clip is re-encoded here",
    ),
    ManifestKey(
        names=("installed", "alternatives", "unusable"),
        written="`[installed]`, `[alternatives]`, `[unusable]`",
        means=(
            "dropdowns whose file is a setting (`MODEL_FILE`, `T5_FILE`, …); names tried after it; "
            "patterns of names that this loader lists and cannot use"
        ),
        otherwise="the names in the graph, in whatever folder the server has them",
    ),
    ManifestKey(
        names=("models",),
        written="`models`",
        means=(
            'where files come from that a server may lack: `[{ name = "….safetensors", folder = '
            '"vae", url = "https://…" }]`; the doctor names folder and link'
        ),
        otherwise="what the doctor knows of loaders",
    ),
    ManifestKey(
        names=("packs",),
        written="`[packs]`",
        means=('the node pack of a class, as ComfyUI\'s manager calls it: `"SomeNode" = "some-pack"`'),
        otherwise="the packs that the doctor knows",
    ),
    ManifestKey(
        names=("operator",),
        written="`[operator]`",
        means=(
            "values that only whoever runs the bot sets, with `WORKFLOW_VALUES`: `block_swap = "
            '["46.blocks_to_swap"]` is then `NAME.block_swap=20`'
        ),
        otherwise="",
    ),
    ManifestKey(
        names=("stages",),
        written="`[stages]`",
        means=(
            'what people see while a node runs: `"52" = "sampling"` (loading, encoding, sampling, '
            "decoding, saving)"
        ),
        otherwise="guessed from its class",
    ),
    ManifestKey(
        names=("nodes",),
        written="`[nodes.NAME]`",
        means=(
            'changes the graph: `inputs` of a node, each a value or a link `["NODE", 0]`; with '
            "`class_type` a node of its own. So a branch that is switched off, and whose files nobody"
            " has, is left out without a second graph"
        ),
        otherwise="",
    ),
    ManifestKey(
        names=("extends",),
        written="`extends`",
        means=(
            "another manifest, in this folder or built in, from which all is taken that is not said "
            "here; the graph, too. `presets`, `choices` and `size` replace the other's as a whole"
        ),
        otherwise="",
    ),
)
KEYS = frozenset(name for each in MANIFEST_KEYS for name in each.names)


def reference() -> str:
    """The table of all keys, in Markdown."""
    rows = (f"| {each.written} | {each.means} | {each.otherwise} |" for each in MANIFEST_KEYS)
    return "\n".join(("| key | means | where it is not said |", "|---|---|---|", *rows)).replace(
        "|  |", "| |"
    )


if __name__ == "__main__":
    print(reference())  # noqa: T201 - what it is for
