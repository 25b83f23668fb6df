"""What each exception becomes in a failed job's row; what a refusal carries."""

import pytest

import comfy
import media
from jobs.errors import JobFailure, Refusal, reason_of
from storage import Reason
from tests.unit.jobs.sample_jobs import JOB

SAMPLER = {"node": "52", "class_type": "WanVideoSampler"}


@pytest.mark.parametrize(
    ("error", "code", "values"),
    [
        (JobFailure("too_long", minutes=30.0), "too_long", {"minutes": 30.0}),
        (
            comfy.NodeFailed(**SAMPLER, reason="x", out_of_memory=True),
            "memory",
            {"node": "WanVideoSampler 52"},
        ),
        (
            comfy.NodeFailed(**SAMPLER, reason="x", out_of_memory=False),
            "node",
            {"node": "WanVideoSampler 52"},
        ),
        (comfy.MissingModel(file="wan.safetensors", **SAMPLER), "missing_model", {"file": "wan.safetensors"}),
        (
            comfy.GraphRejected(**SAMPLER, field="steps", reason="x"),
            "rejected",
            {"node": "WanVideoSampler 52", "field": "steps"},
        ),
        (comfy.GraphRejected(reason="no outputs"), "rejected", {"node": "?", "field": "no outputs"}),
        (
            comfy.NodeMissing(class_type="WanVideoSampler", reason="absent"),
            "rejected",
            {"node": "WanVideoSampler", "field": "absent"},
        ),
        (comfy.JobLost(), "lost", {"attempts": JOB.attempts}),
        (comfy.TooLarge(limit=1), "too_large", {}),
        (comfy.WorkflowInvalid(workflow="w", reason="x"), "not_offered", {}),
        (comfy.ServerTooOld(), "server_too_old", {}),
        (comfy.SubmissionFailed(reason="HTTP 500: no"), "server_fault", {"field": "HTTP 500: no"}),
        (comfy.BadAnswer(reason="x"), "bad_answer", {}),
        (comfy.ServerUnreachable(reason="refused"), "bad_answer", {}),
        (media.CannotFit(limit=1, smallest=2), "too_large", {}),
        (media.BadClip(media.ClipFault.BROKEN), "no_clip", {}),
        (media.BadPicture(media.PictureFault.BROKEN), "internal", {}),
        (FileNotFoundError("picture"), "picture_gone", {}),
        (OSError("disk"), "internal", {}),
        (ValueError("a bug"), "internal", {}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_every_error_has_a_reason(error: Exception, code: str, values: dict[str, object]) -> None:
    assert reason_of(error, JOB) == Reason(code=code, values=values)  # type: ignore[arg-type]


def test_refusals_are_equal_by_what_they_say() -> None:
    assert Refusal("range", low=1) == Refusal("range", low=1)
    assert Refusal("range", low=1) != Refusal("range", low=2)
    assert Refusal("range") != ValueError("range")
    assert len({Refusal("range", low=1), Refusal("range", low=1), Refusal("preset")}) == 2
