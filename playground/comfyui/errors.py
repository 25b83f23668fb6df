"""Errors of the simulated ComfyUI.

ComfyUIFault
├── Refused       an HTTP request is answered with an error, as recorded
├── NodeFailed    a node raised while it ran: the prompt ends in execution_error
├── Interrupted   somebody asked for a stop: the prompt ends in execution_interrupted
└── Forgotten     the prompt is dropped without a word
"""

from collections.abc import Mapping


class ComfyUIFault(Exception):
    """Base of all errors of this package."""


class Refused(ComfyUIFault):
    """A request is answered with `status` and, if there is one, the JSON `body`."""

    def __init__(self, status: int, body: Mapping[str, object] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class NodeFailed(ComfyUIFault):
    """A node raised: `kind` is the exception's dotted name as ComfyUI prints it, `message` its text."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Interrupted(ComfyUIFault):
    """POST /interrupt reached the running prompt."""


class Forgotten(ComfyUIFault):
    """The running prompt is to leave no event and no history entry."""
