"""The doctor's words: there are some for every finding."""

import string
from collections.abc import Iterator

import pytest

from cogs.runtime.doctor_report import FIXES, ILL, WELL, Line, Report, Section, describe, render_report
from comfy import Check, Finding, Fix


def fields(template: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(template) if name)


def test_every_check_and_every_fix_has_words() -> None:
    assert WELL.keys() | ILL.keys() == set(Check)
    assert FIXES.keys() == set(Fix)


@pytest.mark.parametrize("fix", Fix)
def test_a_fix_says_what_it_knows_and_no_more(fix: Fix) -> None:
    known = dict.fromkeys(fields(FIXES[fix]), "THIS")
    finding = Finding(check=Check.WORKFLOW, ok=False, subject="x", fix=fix, fields=known)
    assert "{" not in describe(finding).fix

    near = Finding(
        check=Check.WORKFLOW, ok=False, subject="x", fix=fix, fields={**known, "near": "a, b", "since": "1.2"}
    )
    assert describe(near).fix.endswith("1.2 or newer is needed. There is: a, b.")


def test_only_what_is_needed_makes_the_report_fail() -> None:
    optional = Line(check="x", ok=False, needed=False, text="old", fix="later")
    needed = Line(check="x", ok=False, needed=True, text="gone", fix="now")
    good = Report(sections=(Section(title="A", lines=(optional,)),))
    bad = Report(sections=(*good.sections, Section(title="B", lines=(needed,))))

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert render_report(bad).splitlines() == [
        "A",
        "  ○ old",
        "      later",
        "B",
        "  ✗ gone",
        "      now",
        "Something would fail: see ✗.",
    ]
