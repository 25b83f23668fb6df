"""The doctor's report: what is printed, and when it exits with an error."""

import pytest

from cogs.runtime.doctor.report import (
    Line,
    Report,
    Scope,
    Section,
    describe,
    failed,
    passed,
    print_report,
)
from comfy.doctor.findings import ATTENTION

SERVER = Scope("server", "gpu")


def test_a_finding_becomes_a_line_of_its_sentences() -> None:
    finding = ATTENTION.result("magic", ok=False, offered="sdpa, sageattn")

    assert describe(finding, scope=SERVER) == Line(
        check="attention",
        ok=False,
        needed=False,
        text="does not offer the attention magic",
        fix="Set ATTENTION to one of: sdpa, sageattn.",
        scope=SERVER,
    )


def report(*lines: Line) -> Report:
    return Report(sections=(Section(title="A", lines=lines),))


def test_one_server_that_is_well_is_enough_for_animate(capsys: pytest.CaptureFixture[str]) -> None:
    dead = failed("reachable", "does not answer", "start it", scope=Scope("server", "dead"))
    alive = passed("reachable", "answers", scope=SERVER)
    guild = failed("permissions", "lacks", "give", scope=Scope("guild", "1"))

    assert report(dead).exit_code == 1
    assert report(dead, alive).exit_code == 0
    assert report(dead, alive, guild).exit_code == 1
    print_report(report(dead, alive))
    out = capsys.readouterr().out
    assert "✗ does not answer" in out
    assert out.splitlines()[-1] == "/animate works, but not everywhere: see ✗."


def test_a_server_fails_by_any_line_and_what_is_of_no_scope_fails_everywhere() -> None:
    alive, broken = passed("x", "well", scope=SERVER), failed("y", "not well", "fix", scope=SERVER)

    assert report(alive, broken).exit_code == 1
    assert report(alive, failed("disk", "full", "free some")).exit_code == 1
    assert report(alive, failed("disk", "low", "free some", needed=False)).exit_code == 0


def test_only_what_is_needed_makes_the_report_fail(capsys: pytest.CaptureFixture[str]) -> None:
    optional = Line(check="x", ok=False, needed=False, text="old", fix="later")
    needed = Line(check="x", ok=False, needed=True, text="gone", fix="now")
    good = Report(sections=(Section(title="A", lines=(optional,)),))
    bad = Report(sections=(*good.sections, Section(title="B", lines=(needed,))))

    assert (good.exit_code, bad.exit_code) == (0, 1)
    print_report(bad)
    assert capsys.readouterr().out.splitlines() == [
        "A",
        "  ○ old",
        "      later",
        "B",
        "  ✗ gone",
        "      now",
        "Something would fail: see ✗.",
    ]


def test_a_report_without_faults_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    fine = Line(check="x", ok=True, needed=True, text="fine")
    print_report(Report(sections=(Section(title="A", lines=(fine,)),)))

    assert capsys.readouterr().out.splitlines() == ["A", "  ✓ fine", "All that is needed is there."]
