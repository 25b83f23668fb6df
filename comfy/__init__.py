"""A client for ComfyUI: workflows into graphs, jobs through servers, every end of a job told truly.

`open_server` makes a `Server`; then `upload`, `build`, `submit` within `follow`, `download`, `forget`.
"""

from comfy.doctor.checkup import Subject, check_up, look_around
from comfy.doctor.findings import Check, Finding, Fix
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
from comfy.protocol.files import OutputFile
from comfy.protocol.responses import Finished, Pending, Running, Whereabouts
from comfy.protocol.system_stats import Device, Vitals
from comfy.server.availability import Obstacle, Standing
from comfy.server.connect import open_server
from comfy.server.resave import make_smaller, withdraw
from comfy.server.server import Server
from comfy.workflows.adapt import ModelFiles
from comfy.workflows.events import (
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
from comfy.workflows.graph import Graph, build_graph
from comfy.workflows.manifest import BUILT_IN, load_workflows
from comfy.workflows.workflow import Choice, Option, Role, Workflow

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
