"""The errors of a ComfyUI server, of its jobs and of workflows, as one tree.

    ComfyError
    ├── ServerUnreachable   no answer: refused, timed out, cut off, or 429 (retry later)
    │   └── ServerFault     … but a 5xx, of the server itself or of a gateway or tunnel before it
    ├── SubmissionFailed    it answers reads, but a job with a 5xx, and has not taken it (retry a few times)
    ├── TokenRefused        401 or 403: it wants another token
    ├── ServerTooOld        it chose a prompt_id of its own (before 0.3.45)
    ├── BadAnswer           its answer is not ComfyUI's protocol
    ├── TooLarge            its answer is larger than the limit
    ├── GraphRejected       it rejected the graph before running it
    │   ├── MissingModel    … because a model file is not installed
    │   └── NodeMissing     … because a node is not installed
    ├── NodeFailed          a node failed while running
    ├── JobLost             the job is neither in its queue nor in its history: submit it again
    └── WorkflowInvalid     a workflow or the values for it are wrong (ours, not the server's fault)

Each carries a stable `code` and fields; no message holds an address, a token or a path of the server. What
a server wrote is made `printable` as the error is made, so that it may go wherever the error goes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from comfy.printable import printable

MAX_TEXT_LENGTH = 500  # characters of each text in an error


class Fault(StrEnum):
    """The stable code of each error, for logs and for translation."""

    UNREACHABLE = "unreachable"
    SERVER_FAULT = "server_fault"
    SUBMISSION_FAILED = "submission_failed"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of a fault, no password
    SERVER_TOO_OLD = "server_too_old"
    BAD_ANSWER = "bad_answer"
    TOO_LARGE = "too_large"
    GRAPH_REJECTED = "graph_rejected"
    MISSING_MODEL = "missing_model"
    NODE_MISSING = "node_missing"
    NODE_FAILED = "node_failed"
    JOB_LOST = "job_lost"
    WORKFLOW_INVALID = "workflow_invalid"


class ComfyError(Exception):
    """The base class of all errors of this package; all its texts are `printable`."""

    code: ClassVar[Fault]

    def __post_init__(self) -> None:
        """Make the texts printable, whichever field of whichever error holds them."""
        for name, value in vars(self).items():
            if isinstance(value, str):
                setattr(self, name, printable(value, MAX_TEXT_LENGTH))


@dataclass(kw_only=True, eq=False)
class ServerUnreachable(ComfyError):
    """The server does not answer; `reason`: "refused", "timed out", "cut off", "HTTP 503" or the like."""

    code = Fault.UNREACHABLE
    reason: str

    def __str__(self) -> str:
        return f"ComfyUI does not answer ({self.reason})"


@dataclass(kw_only=True, eq=False)
class ServerFault(ServerUnreachable):
    """The answer has status 5xx; `words`: what its body says, in one line, "" where it says nothing."""

    code = Fault.SERVER_FAULT
    words: str = ""

    def __str__(self) -> str:
        return f"ComfyUI does not answer ({self.description})"

    @property
    def description(self) -> str:
        """The status, and the words where there are any."""
        return f"{self.reason}: {self.words}" if self.words else self.reason


@dataclass(kw_only=True, eq=False)
class SubmissionFailed(ComfyError):
    """The job was answered with a 5xx and is not there, though the server answers; `reason`: its words."""

    code = Fault.SUBMISSION_FAILED
    reason: str

    def __str__(self) -> str:
        return f"ComfyUI fails to take the job: {self.reason}"


class TokenRefused(ComfyError):
    """The server, or a gateway in front of it, does not accept the token."""

    code = Fault.TOKEN_REFUSED

    def __str__(self) -> str:
        return "ComfyUI refused the token"


class ServerTooOld(ComfyError):
    """The server ignores the prompt_id that it is sent, so that no job could be found again."""

    code = Fault.SERVER_TOO_OLD

    def __str__(self) -> str:
        return "this ComfyUI is too old: it ignores the prompt_id (0.3.45 or newer is needed)"


@dataclass(kw_only=True, eq=False)
class BadAnswer(ComfyError):
    """The server's answer is not what ComfyUI's protocol defines; `reason` says what is wrong."""

    code = Fault.BAD_ANSWER
    reason: str

    def __str__(self) -> str:
        return f"ComfyUI answered something unexpected: {self.reason}"


@dataclass(kw_only=True, eq=False)
class TooLarge(ComfyError):
    """An answer or a file is larger than `limit` bytes."""

    code = Fault.TOO_LARGE
    limit: int

    def __str__(self) -> str:
        return f"ComfyUI sent more than {self.limit} bytes"


@dataclass(kw_only=True, eq=False)
class GraphRejected(ComfyError):
    """The graph was rejected before it ran. Fields may be empty: not every rejection names a node."""

    code = Fault.GRAPH_REJECTED
    node: str = ""
    class_type: str = ""
    field: str = ""
    reason: str = ""

    def __str__(self) -> str:
        location = f" at {self.field} of {self.class_type} (node {self.node})" if self.node else ""
        return f"ComfyUI refused the graph{location}: {self.reason}"


@dataclass(kw_only=True, eq=False)
class MissingModel(GraphRejected):
    """A model file (or attention) that the graph names is not on the server; `file` is its base name.

    `offered`: what the dropdown offers instead, where that was read.
    """

    code = Fault.MISSING_MODEL
    file: str
    offered: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Make `offered` printable, too."""
        super().__post_init__()
        self.offered = tuple(map(printable, self.offered))

    def __str__(self) -> str:
        return f"{self.file} for {self.class_type} is not on this ComfyUI"


@dataclass(kw_only=True, eq=False)
class NodeMissing(GraphRejected):
    """A node class of the graph is not installed on the server."""

    code = Fault.NODE_MISSING

    def __str__(self) -> str:
        return f"the node {self.class_type} is not installed on this ComfyUI"


@dataclass(kw_only=True, eq=False)
class NodeFailed(ComfyError):
    """A node failed while running; `reason` is one line, without paths and addresses."""

    code = Fault.NODE_FAILED
    node: str
    class_type: str
    reason: str
    out_of_memory: bool

    def __str__(self) -> str:
        if self.out_of_memory:
            return f"{self.class_type} (node {self.node}) ran out of memory"
        return f"{self.class_type} (node {self.node}) failed: {self.reason}"


class JobLost(ComfyError):
    """The server has the job neither in its queue nor in its history, or its file is gone."""

    code = Fault.JOB_LOST

    def __str__(self) -> str:
        return "ComfyUI knows this job no more"


@dataclass(kw_only=True, eq=False)
class WorkflowInvalid(ComfyError):
    """A workflow's files, or the values to fill in, are wrong; `workflow` is its name.

    `forbidden`: nothing is wrong with it, but the owner has not allowed what it does.
    """

    code = Fault.WORKFLOW_INVALID
    workflow: str
    reason: str
    forbidden: bool = False

    def __str__(self) -> str:
        return f"workflow {self.workflow}: {self.reason}"
