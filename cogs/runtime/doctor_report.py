"""The doctor's words: findings become lines, and lines a report for a terminal or for a program."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Console

from comfy import Check, Finding, Fix

PASSED: Mapping[Check, str] = {
    Check.REACHABLE: "answers within {milliseconds} ms",
    Check.TOKEN: "takes the token",
    Check.VERSION: "is ComfyUI {subject}",
    Check.MEMORY: "{subject}: {free} of {total} GiB of memory free",
    Check.WEBSOCKET: "its websocket opens",
    Check.PACK: "has the nodes of {subject}",
    Check.MODEL: "has {subject}",
    Check.WORKFLOW: "can run the workflow {subject}",
    Check.PROMPT_ID: "takes our ids for jobs",
    Check.INTERRUPT: "stops the job that is named and no other",
    Check.PREVIEWS: "can send previews that say whose they are",
    Check.PREVIEWED: "{subject} showed previews",
    Check.RUN: "{subject} made a clip in {seconds} s",
}
FAILED: Mapping[Check, str] = {
    Check.REACHABLE: "does not answer as a ComfyUI does",
    Check.TOKEN: "refuses the token",
    Check.VERSION: "is ComfyUI {subject}, which is too old",
    Check.WEBSOCKET: "its websocket does not open",
    Check.NODE: "lacks the node {subject}",
    Check.MODEL: "lacks {subject}",
    Check.ATTENTION: "does not offer the attention {subject}",
    Check.DEPRECATED: "the node {subject} will be removed some day",
    Check.WORKFLOW: "cannot run the workflow {subject}",
    Check.IDLE: "is at work, so that nothing was tried there",
    Check.PROMPT_ID: "gives jobs ids of its own",
    Check.INTERRUPT: "stops whatever runs, whichever job is named",
    Check.PREVIEWS: "cannot say whose its previews are",
    Check.PREVIEWED: "{subject} showed no preview",
    Check.RUN: "{subject} made no clip",
}
FIXES: Mapping[Fix, str] = {
    Fix.START_SERVER: "Start ComfyUI there (elsewhere with --listen), or correct COMFYUI_URL ({reason}).",
    Fix.NOT_COMFYUI: "Correct COMFYUI_URL: something else answers there ({reason}).",
    Fix.SET_TOKEN: "Set COMFYUI_TOKEN to the token that its gateway wants.",
    Fix.UPDATE_COMFYUI: "Update ComfyUI.",
    Fix.INSTALL_PACK: "Install or update {pack}, with ComfyUI's manager, and restart ComfyUI.",
    Fix.PUT_FILE: "Put the file into ComfyUI/models/{folder}, or name another one in the settings.",
    Fix.SET_ATTENTION: "Set ATTENTION to one of: {offered}.",
    Fix.REPLACE_NODE: "It is used by {workflows} only, for servers with older packs: nothing to do yet.",
    Fix.LET_WEBSOCKET_THROUGH: "Let the proxy in front of it pass websockets ({reason}).",
    Fix.TRY_WHEN_IDLE: "Run the doctor again when its {others} prompts are done.",
    Fix.SWITCH_PREVIEWS_ON: "Start ComfyUI with --preview-method auto.",
    Fix.SEE_ABOVE: "What it lacks is named above.",
    Fix.SEE_REASON: "It said: {reason}.",
}
# What a fix says besides when it knows more.
DETAILS = {"since": " {since} or newer is needed.", "near": " There is: {near}."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was looked at, in words; `needed`: where it is not well, jobs fail."""

    check: str
    ok: bool
    needed: bool
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What was looked at in one place."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it."""

    sections: tuple[Section, ...]

    @property
    def exit_code(self) -> int:
        """1 where something would fail."""
        return int(any(line.needed and not line.ok for section in self.sections for line in section.lines))


def describe(finding: Finding) -> Line:
    """A finding in words."""
    values = {"subject": finding.subject, **finding.fields}
    words = PASSED if finding.ok else FAILED
    fix = ""
    if finding.fix:
        more = "".join(each for name, each in DETAILS.items() if finding.fields.get(name))
        fix = (FIXES[finding.fix] + more).format(**values)
    return Line(
        check=finding.check.value,
        ok=finding.ok,
        needed=finding.needed,
        text=words[finding.check].format(**values),
        fix=fix,
    )


def render_report(report: Report) -> str:
    """A plain list: ✓ well, ✗ jobs would fail, ○ not well, and nobody needs it."""
    return "\n".join(text for text, _ in _render(report))


def print_report(report: Report) -> None:
    """The same on the terminal, in colours where it has them."""
    console = Console()
    for text, style in _render(report):
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _render(report: Report) -> Iterator[tuple[str, str]]:
    for section in report.sections:
        yield section.title, "bold"
        for line in section.lines:
            mark, style = ("✓", "green") if line.ok else ("✗", "red") if line.needed else ("○", "yellow")
            yield f"  {mark} {line.text}", style
            if line.fix:
                yield f"      {line.fix}", "none"
    yield _verdict(report)


def _verdict(report: Report) -> tuple[str, str]:
    if report.exit_code:
        return "Something would fail: see ✗.", "bold red"
    return "All that is needed is there.", "bold green"
