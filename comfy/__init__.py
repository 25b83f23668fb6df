"""A client for ComfyUI: workflows into graphs, jobs through servers, every end of a job told truly.

`open_server` makes a `Server`; then `upload`, `build`, `submit` within `follow`, `download`, `forget`.
"""

from comfy.doctor.checkup import ServerToCheck, check_server, find_local_servers
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
from comfy.protocol.responses import Finished, JobPosition, Pending, Running
from comfy.protocol.system_stats import Device, SystemStats
from comfy.server.availability import Availability, UnavailableReason
from comfy.server.connect import open_server
from comfy.server.resave import cancel_resave, resave_smaller
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
    "Availability",
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
    "JobPosition",
    "MissingModel",
    "ModelFiles",
    "Node",
    "NodeFailed",
    "NodeMissing",
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
    "ServerToCheck",
    "ServerTooOld",
    "ServerUnreachable",
    "Stage",
    "Started",
    "SystemStats",
    "TokenRefused",
    "TooLarge",
    "UnavailableReason",
    "Workflow",
    "WorkflowInvalid",
    "build_graph",
    "cancel_resave",
    "check_server",
    "find_local_servers",
    "load_workflows",
    "open_server",
    "resave_smaller",
]
