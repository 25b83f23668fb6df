"""The doctor's report: lines in sections, printed on a terminal or as JSON."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from rich.console import Console

from comfy import Finding


class Scope(NamedTuple):
    """One of several of a kind, such as a server, of which one that is well is enough for `/animate`."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check's result; `needed`: where it is not ok, jobs would fail. `fix`: what to do about it.

    `scope`: where they would fail, None for everywhere.
    """

    check: str
    ok: bool
    needed: bool
    text: str
    fix: str = ""
    scope: Scope | None = None

    @property
    def failed(self) -> bool:
        """Whether jobs would fail for it."""
        return self.needed and not self.ok


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The checks of one server, or of Discord."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All sections."""

    sections: tuple[Section, ...]

    @property
    def lines(self) -> list[Line]:
        """The lines of all sections."""
        return [line for section in self.sections for line in section.lines]

    @property
    def exit_code(self) -> int:
        """1 where `/animate` would fail for everybody: everywhere, or in all of a kind of scopes."""
        scopes = defaultdict[str, set[Scope]](set)
        failed = {line.scope for line in self.lines if line.failed}
        for line in self.lines:
            if line.scope:
                scopes[line.scope.kind].add(line.scope)
        return int(None in failed or any(each <= failed for each in scopes.values()))


def passed(check: str, text: str, *, scope: Scope | None = None) -> Line:
    """A line about something that is well."""
    return Line(check=check, ok=True, needed=True, text=text, scope=scope)


def failed(check: str, text: str, fix: str, *, needed: bool = True, scope: Scope | None = None) -> Line:
    """A line about something that is not."""
    return Line(check=check, ok=False, needed=needed, text=text, fix=fix, scope=scope)


def describe(finding: Finding, *, scope: Scope | None = None) -> Line:
    """Turn a finding of the servers' doctor into a line."""
    return Line(
        check=finding.check.id,
        ok=finding.ok,
        needed=finding.needed,
        text=finding.text,
        fix=finding.fix,
        scope=scope,
    )


def print_report(report: Report) -> None:
    """Print a list, coloured on a terminal: ✓ ok, ✗ jobs would fail, ○ not ok but not needed."""
    print_sections(report.sections)
    _print([_verdict(report)])


def print_sections(sections: Iterable[Section]) -> None:
    """Print the lines of sections as `print_report` does, without a verdict."""
    _print(_render(sections))


def _print(lines: Iterable[tuple[str, str]]) -> None:
    console = Console()
    for text, style in lines:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _render(sections: Iterable[Section]) -> Iterator[tuple[str, str]]:
    for section in sections:
        yield section.title, "bold"
        for line in section.lines:
            mark, style = ("✓", "green") if line.ok else ("✗", "red") if line.needed else ("○", "yellow")
            yield f"  {mark} {line.text}", style
            if line.fix:
                yield f"      {line.fix}", "none"


def _verdict(report: Report) -> tuple[str, str]:
    if report.exit_code:
        return "Something would fail: see ✗.", "bold red"
    if any(line.failed for line in report.lines):
        return "/animate works, but not everywhere: see ✗.", "bold yellow"
    return "All that is needed is there.", "bold green"
