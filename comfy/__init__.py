"""A client for ComfyUI: workflows into graphs, jobs through servers, every end of a job told truly.

`open_server` makes a `Server`; then `upload`, `build`, `submit` within `follow`, `download`, `forget`.
"""

from comfy.answers import Finished, Pending, Running, Whereabouts
from comfy.checkup import Subject, check_up, look_around
from comfy.errors import (
    BadAnswer,
    ComfyError,
    Fault,
    GraphRejected,
    JobLost,
    MissingModel,
    NodeFailed,
    NodeMissing,
    ServerTooOld,
    ServerUnreachable,
    TokenRefused,
    TooLarge,
    WorkflowInvalid,
)
from comfy.events import (
    Done,
    Event,
    Failed,
    Interrupted,
    Node,
    Outcome,
    Preview,
    Queued,
    Sampling,
    Saved,
    Stage,
    Started,
)
from comfy.files import OutputFile
from comfy.findings import Check, Finding, Fix
from comfy.fitting import ModelFiles
from comfy.graph import Graph, build_graph
from comfy.manifest import BUILT_IN, load_workflows
from comfy.opening import open_server
from comfy.server import Server
from comfy.smaller import make_smaller, withdraw
from comfy.standing import Obstacle, Standing
from comfy.vitals import Device, Vitals
from comfy.workflow import Choice, Option, Role, Workflow

__all__ = [
    "BUILT_IN",
    "BadAnswer",
    "Check",
    "Choice",
    "ComfyError",
    "Device",
    "Done",
    "Event",
    "Failed",
    "Fault",
    "Finding",
    "Finished",
    "Fix",
    "Graph",
    "GraphRejected",
    "Interrupted",
    "JobLost",
    "MissingModel",
    "ModelFiles",
    "Node",
    "NodeFailed",
    "NodeMissing",
    "Obstacle",
    "Option",
    "Outcome",
    "OutputFile",
    "Pending",
    "Preview",
    "Queued",
    "Role",
    "Running",
    "Sampling",
    "Saved",
    "Server",
    "ServerTooOld",
    "ServerUnreachable",
    "Stage",
    "Standing",
    "Started",
    "Subject",
    "TokenRefused",
    "TooLarge",
    "Vitals",
    "Whereabouts",
    "Workflow",
    "WorkflowInvalid",
    "build_graph",
    "check_up",
    "load_workflows",
    "look_around",
    "make_smaller",
    "open_server",
    "withdraw",
]
