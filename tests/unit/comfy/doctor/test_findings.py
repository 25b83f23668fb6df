"""Every check has sentences, and they need no more than its findings have."""

import string
from collections.abc import Iterator

import pytest

from comfy.doctor import findings
from comfy.doctor.findings import MODEL, SIMILAR_MODEL, VERSION, Check, Finding

CHECKS = [each for each in vars(findings).values() if isinstance(each, Check)]


def fields(template: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(template) if name)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_has_sentences_and_a_fix_where_it_can_fail(check: Check):
    assert check.passed or check.failed
    assert bool(check.fix) == bool(check.failed)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@pytest.mark.parametrize("ok", [True, False])
def test_a_finding_fills_in_its_fields_and_no_more(check: Check, ok: bool):
    template = check.passed if ok else check.failed + check.fix
    known = {name: "THIS" for name in fields(template) if name != "subject"}

    finding = check.result("SUBJECT", ok=ok, **known)

    assert "{" not in finding.text + finding.fix
    assert bool(finding.fix) == (not ok and bool(check.fix))
    assert all(name in ("subject", *finding.fields) for name in fields(template))


def test_a_result_is_a_finding_of_that_check():
    finding = VERSION.result("0.3.40", ok=False, since="0.3.45")

    assert finding == Finding(check=VERSION, ok=False, subject="0.3.40", fields={"since": "0.3.45"})
    assert finding.needed
    assert finding.text == "is ComfyUI 0.3.40, which is too old"
    assert finding.fix.endswith("0.3.45 or newer is needed.")


def test_what_is_like_a_missing_file_is_added_to_its_fix():
    known = {"place": "into ComfyUI/models/vae", "settings": "the settings", "near": "a, b"}

    assert SIMILAR_MODEL.result("c", ok=False, **known).fix == (
        MODEL.result("c", ok=False, **known).fix + " There is: a, b."
    )
