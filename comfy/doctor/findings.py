"""The doctor's checks: for each its id, the sentences for passed and failed, and the fix; and their results.

The sentences are English only: they are printed on the terminal of whoever runs the bot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from comfy.protocol.transport import CUT_OFF, NO_ROUTE, NO_TLS, TIMED_OUT, UNKNOWN_HOST, UNTRUSTED


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

    def for_jobs(self, needed: bool) -> "Check":
        """The same check, where jobs would fail without it only if `needed`."""
        return replace(self, needed=needed)

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
# What to do about each reason of a ServerUnreachable; REACHABLE's own fix for others.
REASON_FIXES = {
    UNKNOWN_HOST: "Correct the host name in COMFYUI_URL ({reason}).",
    NO_ROUTE: "Look at the network, or at the address in COMFYUI_URL ({reason}).",
    NO_TLS: "Write http:// instead of https:// in COMFYUI_URL ({reason}).",
    UNTRUSTED: "Write the name in COMFYUI_URL for which its certificate is, or let this machine trust it:"
    " SSL_CERT_FILE names a file of certificates ({reason}).",
    TIMED_OUT: "Look at the address in COMFYUI_URL, at a firewall, or whether ComfyUI hangs ({reason}).",
    CUT_OFF: "Write https:// in COMFYUI_URL if it wants that; else look at the proxy in front ({reason}).",
}
ADDRESS = replace(REACHABLE, failed="has no address that can be used", fix="{how}")
IS_COMFYUI = replace(REACHABLE, fix="Correct COMFYUI_URL: something else answers there ({reason}).")
TOKEN = Check(
    id="token",
    needed=True,
    passed="takes the token",
    failed="refuses the token",
    fix="Set COMFYUI_TOKEN to the token that its gateway wants.",
)
TOKEN_WANTED = replace(TOKEN, failed="wants a token")
VERSION = Check(
    id="version",
    needed=True,
    passed="is ComfyUI {subject}",
    failed="is ComfyUI {subject}, which is too old",
    fix="Update ComfyUI. {since} or newer is needed.",
)
CLOCK = Check(
    id="clock",
    passed="its clock agrees with this machine's",
    failed="its clock is {seconds} s {direction} this machine's",
    fix="Let both machines set their clocks by the network.",
)
MEMORY = Check(id="memory", passed="{subject}: {free} of {total} GiB of memory free")
WEBSOCKET = Check(
    id="websocket",
    passed="its websocket opens",
    failed="its websocket does not open: jobs run, but there are no live steps here",
    fix="Let the proxy in front of it pass websockets ({reason}).",
)
PACK = Check(id="pack", passed="has the nodes of {subject}")
NODE = Check(id="node", failed="lacks the node {subject}", fix="{how}")
NODES = Check(id="node", failed="lacks {count} nodes of {pack}: {subject}", fix="{how}")
MODEL = Check(
    id="model",
    passed="has {subject}",
    failed="lacks {subject}",
    fix="Put the file {place}, or name another one in {settings}.",
)
SIMILAR_MODEL = replace(MODEL, fix=f"{MODEL.fix} There is: {{near}}.")
MISPLACED_MODEL = replace(MODEL, fix=f"{MODEL.fix} A file of that name lies in ComfyUI/models/{{other}}.")
ATTENTION = Check(
    id="attention",
    failed="does not offer the attention {subject}",
    fix="Set ATTENTION to one of: {offered}.",
)
UNPROVEN_ATTENTION = Check(
    id="attention",
    failed="offers the attention {subject} even where the package {package} is not installed",
    fix="Make sure that ComfyUI's Python has {package}, which --run shows, or set ATTENTION=sdpa.",
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
ABSENT_MODEL = Check(
    id="absent_model",
    failed="does not have the model {subject} (lacks {lacks})",
    fix="Only if you want it: docs/models.md says where its files come from.",
)
REFUSED_GRAPH = replace(WORKFLOW, fix="It would answer a job with: {reason}.")
PARTNER = Check(
    id="partner",
    failed="the workflow {subject} sends people's pictures and words to another company, by {classes}",
    fix="It charges for each clip: {price}. Without ALLOW_PARTNER_NODES the workflow is not offered.",
)
KEEPS_CLIPS = Check(
    id="keeps_clips",
    failed="the workflow {subject} leaves each clip in ComfyUI's output folder, with the prompt in it",
    fix="Start ComfyUI with --disable-metadata and empty the folder now and then, or install"
    " ComfyUI-VideoHelperSuite for the workflows that leave nothing.",
)
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
    failed="{subject} showed no preview in so short a run",
    fix="Nothing to do for clips: a run of one step may end before its first preview.",
)
RUN = Check(
    id="run",
    needed=True,
    passed="{subject} made a clip in {seconds} s",
    failed="{subject} made no clip",
    fix="It said: {reason}.",
)
RUN_WITHOUT_ATTENTION = replace(
    RUN,
    fix="Set ATTENTION=sdpa, or install the package {package} into ComfyUI's Python. It said: {reason}.",
)
LEFT_FILES = Check(
    id="left_files",
    failed="the run of {subject} left {files} there",
    fix="Delete it in ComfyUI's folder output/animate, by hand: ComfyUI has no call for that.",
)
