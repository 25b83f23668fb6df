"""The doctor's report: what is printed, and when it exits with an error."""

import pytest

from cogs.runtime.doctor_report import Line, Report, Section, describe, print_report
from comfy.doctor.findings import SIMILAR_MODEL


def test_a_finding_becomes_a_line_of_its_sentences() -> None:
    finding = SIMILAR_MODEL.result("c.gguf", ok=False, folder="vae", near="a.gguf, b.gguf")

    assert describe(finding) == Line(
        check="model",
        ok=False,
        needed=False,
        text="lacks c.gguf",
        fix="Put the file into ComfyUI/models/vae, or name another one in the settings."
        " There is: a.gguf, b.gguf.",
    )


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
