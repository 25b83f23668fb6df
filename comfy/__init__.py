"""A client for ComfyUI: build graphs from workflows, run them on servers, and report how each job ended.

`open_server` opens a `Server`; then `upload`, `build`, `submit` within `follow`, `download`, `forget`.

Layers, each may import those before it: printable, errors, protocol, graphs, authoring, workflows, server,
doctor.
"""

from comfy.authoring.manifest_text import ordered, shown_value, write_manifest
from comfy.authoring.reading import decode_source, read_source
from comfy.authoring.source_graph import ModelFile, SourceGraph
from comfy.authoring.trace import trace_inputs
from comfy.authoring.traced import Found, Question, Traced, TracedPreset
from comfy.doctor.absent_models import absent_models
from comfy.doctor.findings import ADDRESS, RUN, TOKEN, Finding
from comfy.doctor.graph_checks import SampleJob
from comfy.doctor.node_packs import pack_of
from comfy.doctor.requirement_checks import describe_missing
from comfy.doctor.server_check import ServerToCheck, check_server, find_local_servers
from comfy.doctor.trial import make_clip
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
from comfy.graphs.literals import read_literal
from comfy.graphs.nodes import NodeInput, Stage
from comfy.graphs.ranges import Range
from comfy.protocol.endpoints import UPLOAD_SUBFOLDER
from comfy.protocol.files import OutputFile
from comfy.protocol.object_info import NodeClasses
from comfy.protocol.responses import (
    Done,
    Failed,
    Finished,
    Interrupted,
    JobPosition,
    Outcome,
    Pending,
    Running,
)
from comfy.protocol.system_stats import Device, SystemStats
from comfy.server.availability import Availability, UnavailableReason
from comfy.server.connect import open_server, read_node_classes
from comfy.server.resave import cancel_resave, resave_smaller
from comfy.server.server import Server
from comfy.workflows.adapt import MissingRequirement, ModelFiles
from comfy.workflows.catalogue import WorkflowCatalogue, open_catalogue
from comfy.workflows.events import Event, Node, Preview, Queued, Sampling, Saved, Started
from comfy.workflows.files import BUILT_IN, LoadedWorkflows, load_workflows, read_workflows
from comfy.workflows.graph import Graph, build_graph
from comfy.workflows.loras import MAX_LORAS, LoraRule
from comfy.workflows.manifest import build_workflow
from comfy.workflows.operator_settings import OperatorSettings
from comfy.workflows.partner_nodes import without_partner_nodes
from comfy.workflows.presets import DEFAULT_PRESET
from comfy.workflows.workflow import (
    LORA_CHOICE,
    MAX_SEED,
    SETTINGS,
    Choice,
    Option,
    Preset,
    Role,
    Workflow,
    lora_choice,
    seeds_of,
)

__all__ = [
    "ADDRESS",
    "BUILT_IN",
    "DEFAULT_PRESET",
    "LORA_CHOICE",
    "MAX_LORAS",
    "MAX_SEED",
    "RUN",
    "SETTINGS",
    "TOKEN",
    "UPLOAD_SUBFOLDER",
    "Availability",
    "BadAnswer",
    "Choice",
    "ComfyError",
    "Device",
    "Done",
    "Event",
    "Failed",
    "Fault",
    "Finding",
    "Finished",
    "Found",
    "Graph",
    "GraphRejected",
    "Interrupted",
    "JobLost",
    "JobPosition",
    "LoadedWorkflows",
    "LoraRule",
    "MissingModel",
    "MissingRequirement",
    "ModelFile",
    "ModelFiles",
    "Node",
    "NodeClasses",
    "NodeFailed",
    "NodeInput",
    "NodeMissing",
    "OperatorSettings",
    "Option",
    "Outcome",
    "OutputFile",
    "Pending",
    "Preset",
    "Preview",
    "Question",
    "Queued",
    "Range",
    "Role",
    "Running",
    "SampleJob",
    "Sampling",
    "Saved",
    "Server",
    "ServerFault",
    "ServerToCheck",
    "ServerTooOld",
    "ServerUnreachable",
    "SourceGraph",
    "Stage",
    "Started",
    "SubmissionFailed",
    "SystemStats",
    "TokenRefused",
    "TooLarge",
    "Traced",
    "TracedPreset",
    "UnavailableReason",
    "Workflow",
    "WorkflowCatalogue",
    "WorkflowInvalid",
    "absent_models",
    "build_graph",
    "build_workflow",
    "cancel_resave",
    "check_server",
    "decode_source",
    "describe_missing",
    "find_local_servers",
    "load_workflows",
    "lora_choice",
    "make_clip",
    "open_catalogue",
    "open_server",
    "ordered",
    "pack_of",
    "read_literal",
    "read_node_classes",
    "read_source",
    "read_workflows",
    "resave_smaller",
    "seeds_of",
    "shown_value",
    "trace_inputs",
    "without_partner_nodes",
    "write_manifest",
]
