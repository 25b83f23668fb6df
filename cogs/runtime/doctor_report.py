"""The doctor's report: lines in sections, printed on a terminal or as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console

from comfy import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check's result; `needed`: where it is not ok, jobs would fail. `fix`: what to do about it."""

    check: str
    ok: bool
    needed: bool
    text: str
    fix: str = ""


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
    def exit_code(self) -> int:
        """1 where something would fail."""
        return int(any(line.needed and not line.ok for section in self.sections for line in section.lines))


def describe(finding: Finding) -> Line:
    """Turn a finding of the servers' doctor into a line."""
    return Line(
        check=finding.check.id, ok=finding.ok, needed=finding.needed, text=finding.text, fix=finding.fix
    )


def print_report(report: Report) -> None:
    """Print a list, coloured on a terminal: ✓ ok, ✗ jobs would fail, ○ not ok but not needed."""
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
