"""A ComfyUI for tests and demos: the recorded protocol over real sockets, real clips, and no model."""

from .server import ComfyUI
from .timeline import Moment
from .values import Failure, Outcome, Run, Stage

__all__ = ["ComfyUI", "Failure", "Moment", "Outcome", "Run", "Stage"]
