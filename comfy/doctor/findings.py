"""The doctor's checks: for each its id, the sentences for passed and failed, and the fix; and their results.

The sentences are English only: they are printed on the terminal of whoever runs the bot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is checked. The sentences may hold `{subject}` and the names of a finding's fields.

    `needed`: where it fails, jobs would fail. `fix`: what to do where it fails.
    """

    id: str
    needed: bool = False
    passed: str = ""
    failed: str = ""
    fix: str = ""

    def result(self, subject: str, *, ok: bool, **fields: str) -> "Finding":
        """The finding that `subject` passed or failed this check."""
        return Finding(check=self, ok=ok, subject=subject, fields=fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of a check: `subject` is what was checked, `fields` are the details of its sentences."""

    check: Check
    ok: bool
    subject: str
    fields: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def needed(self) -> bool:
        """Whether jobs would fail where it is not ok."""
        return self.check.needed

    @property
    def text(self) -> str:
        """The finding as a sentence."""
        return self._fill(self.check.passed if self.ok else self.check.failed)

    @property
    def fix(self) -> str:
        """What to do about it, "" where it is ok."""
        return "" if self.ok else self._fill(self.check.fix)

    def _fill(self, sentence: str) -> str:
        return sentence.format(subject=self.subject, **self.fields)


REACHABLE = Check(
    id="reachable",
    needed=True,
    passed="answers within {milliseconds} ms",
    failed="does not answer as a ComfyUI does",
    fix="Start ComfyUI there (elsewhere with --listen), or correct COMFYUI_URL ({reason}).",
)
IS_COMFYUI = replace(REACHABLE, fix="Correct COMFYUI_URL: something else answers there ({reason}).")
TOKEN = Check(
    id="token",
    needed=True,
    passed="takes the token",
    failed="refuses the token",
    fix="Set COMFYUI_TOKEN to the token that its gateway wants.",
)
VERSION = Check(
    id="version",
    needed=True,
    passed="is ComfyUI {subject}",
    failed="is ComfyUI {subject}, which is too old",
    fix="Update ComfyUI. {since} or newer is needed.",
)
MEMORY = Check(id="memory", passed="{subject}: {free} of {total} GiB of memory free")
WEBSOCKET = Check(
    id="websocket",
    needed=True,
    passed="its websocket opens",
    failed="its websocket does not open",
    fix="Let the proxy in front of it pass websockets ({reason}).",
)
PACK = Check(id="pack", passed="has the nodes of {subject}")
NODE = Check(
    id="node",
    failed="lacks the node {subject}",
    fix="Install or update {pack}, with ComfyUI's manager, and restart ComfyUI.",
)
MODEL = Check(
    id="model",
    passed="has {subject}",
    failed="lacks {subject}",
    fix="Put the file into ComfyUI/models/{folder}, or name another one in the settings.",
)
SIMILAR_MODEL = replace(MODEL, fix=f"{MODEL.fix} There is: {{near}}.")
ATTENTION = Check(
    id="attention",
    failed="does not offer the attention {subject}",
    fix="Set ATTENTION to one of: {offered}.",
)
DEPRECATED = Check(
    id="deprecated",
    failed="the node {subject} will be removed some day",
    fix="It is used by {workflows} only, for servers with older packs: nothing to do yet.",
)
WORKFLOW = Check(
    id="workflow",
    needed=True,
    passed="can run the workflow {subject}",
    failed="cannot run the workflow {subject}",
    fix="What it lacks is named above.",
)
OTHER_WORKFLOW = replace(WORKFLOW, needed=False)
IDLE = Check(
    id="idle",
    failed="is at work, so that nothing was tried there",
    fix="Run the doctor again when its queue is empty ({others} in it).",
)
PROMPT_ID = Check(
    id="prompt_id",
    needed=True,
    passed="takes our ids for jobs",
    failed="gives jobs ids of its own",
    fix=VERSION.fix,
)
INTERRUPT = Check(
    id="interrupt",
    passed="stops the job that is named and no other",
    failed="stops whatever runs, whichever job is named",
    fix=VERSION.fix,
)
PREVIEWS = Check(
    id="previews",
    passed="can send previews that say whose they are",
    failed="cannot say whose its previews are",
    fix="Update ComfyUI.",
)
PREVIEWED = Check(
    id="previewed",
    passed="{subject} showed previews",
    failed="{subject} showed no preview",
    fix="Start ComfyUI with --preview-method auto.",
)
RUN = Check(
    id="run",
    needed=True,
    passed="{subject} made a clip in {seconds} s",
    failed="{subject} made no clip",
    fix="It said: {reason}.",
)
