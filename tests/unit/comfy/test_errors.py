"""Every error has a code of its own and a message without addresses."""

import pytest

from comfy import errors
from comfy.errors import (
    BadAnswer,
    ComfyError,
    Fault,
    GraphRejected,
    JobLost,
    MissingModel,
    NodeFailed,
    NodeMissing,
    ServerFault,
    ServerTooOld,
    ServerUnreachable,
    SubmissionFailed,
    TokenRefused,
    TooLarge,
    WorkflowInvalid,
)

MESSAGES: tuple[tuple[ComfyError, str], ...] = (
    (ServerUnreachable(reason="refused"), "ComfyUI does not answer (refused)"),
    (ServerFault(reason="HTTP 502", words="no room"), "ComfyUI does not answer (HTTP 502: no room)"),
    (SubmissionFailed(reason="HTTP 500"), "ComfyUI fails to take the job: HTTP 500"),
    (TokenRefused(), "ComfyUI refused the token"),
    (ServerTooOld(), "this ComfyUI is too old: it ignores the prompt_id (0.3.45 or newer is needed)"),
    (BadAnswer(reason="HTTP 500"), "ComfyUI answered something unexpected: HTTP 500"),
    (TooLarge(limit=7), "ComfyUI sent more than 7 bytes"),
    (GraphRejected(reason="no output"), "ComfyUI refused the graph: no output"),
    (MissingModel(class_type="Loader", file="x.pt"), "x.pt for Loader is not on this ComfyUI"),
    (NodeMissing(class_type="Odd"), "the node Odd is not installed on this ComfyUI"),
    (
        NodeFailed(node="5", class_type="Odd", reason="broke", out_of_memory=False),
        "Odd (node 5) failed: broke",
    ),
    (JobLost(), "ComfyUI knows this job no more"),
    (WorkflowInvalid(workflow="mine", reason="empty"), "workflow mine: empty"),
)


@pytest.mark.parametrize(("error", "message"), MESSAGES, ids=[str(error.code) for error, _ in MESSAGES])
def test_an_error_has_a_message(error: ComfyError, message: str):
    assert str(error) == message


def test_every_code_belongs_to_one_error():
    assert sorted(error.code for error, _ in MESSAGES) == sorted(Fault)
    classes = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, ComfyError) and each is not ComfyError
    }
    assert {type(error) for error, _ in MESSAGES} == classes


def test_a_rejection_names_the_place_and_a_lack_of_memory_is_called_so():
    rejected = GraphRejected(node="5", class_type="Odd", field="steps", reason="too many")
    assert str(rejected) == "ComfyUI refused the graph at steps of Odd (node 5): too many"
    failed = NodeFailed(node="5", class_type="Odd", reason="x", out_of_memory=True)
    assert str(failed) == "Odd (node 5) ran out of memory"
