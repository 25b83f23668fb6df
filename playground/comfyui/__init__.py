"""A ComfyUI for tests and demos: the recorded protocol over real sockets, real clips, and no model."""

from playground.comfyui.faults import SocketFault
from playground.comfyui.server import ComfyUI
from playground.comfyui.timeline import Moment
from playground.comfyui.values import Failure, Outcome, Run, Stage

__all__ = ["ComfyUI", "Failure", "Moment", "Outcome", "Run", "SocketFault", "Stage"]
