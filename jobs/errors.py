"""The errors of a job's life.

Exception
├── Refusal       a request is not admitted; shown to whoever asked, as a localized sentence
└── JobFailure    an admitted job ends without a clip; its reason is kept in the row
"""

from collections.abc import Mapping

import comfy
import media
from storage import Job, Reason

Titles = Mapping[str, str]
"""What something is called, by language code."""


class Refusal(Exception):
    """A request that is not carried out; shown as the sentence `refused_CODE`, filled with `values`."""

    def __init__(self, code: str, **values: str | int | float | Titles) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refusal) and (self.code, self.values) == (other.code, other.values)

    def __hash__(self) -> int:
        return hash(self.code)


class JobFailure(Exception):
    """A job that cannot go on; `reason` is what its row keeps and its status shows."""

    def __init__(self, code: str, **values: str | int | float) -> None:
        super().__init__(code)
        self.reason = Reason(code=code, values=values)


def reason_of(err: Exception, job: Job) -> Reason:
    """The reason that a failed job keeps, for any exception of comfy, media, the disk or this package."""
    match err:
        case JobFailure():
            return err.reason
        case comfy.NodeFailed(out_of_memory=True):
            return Reason(code="memory", values={"node": _node(err)})
        case comfy.NodeFailed():
            return Reason(code="node", values={"node": _node(err)})
        case comfy.MissingModel():
            return Reason(code="missing_model", values={"file": err.file})
        case comfy.GraphRejected():
            return Reason(code="rejected", values={"node": _node(err), "field": err.field or err.reason})
        case comfy.JobLost():
            return Reason(code="lost", values={"attempts": job.attempts})
        case comfy.TooLarge():
            return Reason(code="too_large")
        case comfy.WorkflowInvalid():
            return Reason(code="not_offered")
        case comfy.ServerTooOld():
            return Reason(code="server_too_old")
        case comfy.SubmissionFailed():
            return Reason(code="server_fault", values={"field": err.reason})
        case comfy.ComfyError():
            return Reason(code="bad_answer")
        case media.CannotFit():
            return Reason(code="too_large")
        case media.BadClip():
            return Reason(code="no_clip")
        case FileNotFoundError():
            return Reason(code="picture_gone")
        case _:
            return Reason(code="internal")


def _node(err: comfy.NodeFailed | comfy.GraphRejected) -> str:
    return f"{err.class_type} {err.node}".strip() or "?"
