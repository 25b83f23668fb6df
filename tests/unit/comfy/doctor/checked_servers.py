"""Build a server to check, and pick findings."""

from collections.abc import Collection, Mapping

from comfy import Finding, ModelFiles, ServerToCheck, Workflow
from comfy.doctor.findings import Check


def server_to_check(
    url: str,
    workflows: Mapping[str, Workflow],
    picture: bytes,
    *,
    token: str | None = None,
    files: ModelFiles | None = None,
) -> ServerToCheck:
    return ServerToCheck(
        url=url,
        name="gpu",
        token=token,
        workflows=workflows,
        files=files or ModelFiles(),
        picture=picture,
    )


def findings_of(check: Check, findings: Collection[Finding]) -> dict[str, Finding]:
    """The findings with the id of that check, by their subject."""
    return {finding.subject: finding for finding in findings if finding.check.id == check.id}


def would_fail(findings: Collection[Finding]) -> list[str]:
    """The ids of the checks that failed and without which jobs fail."""
    return [finding.check.id for finding in findings if finding.needed and not finding.ok]
