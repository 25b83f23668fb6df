"""What a check-up finds, as values: whoever shows them makes the words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Check(StrEnum):
    """What was looked at."""

    REACHABLE = "reachable"
    TOKEN = "token"  # noqa: S105 - the name of a check, no password
    VERSION = "version"
    MEMORY = "memory"
    WEBSOCKET = "websocket"
    PACK = "pack"
    NODE = "node"
    MODEL = "model"
    ATTENTION = "attention"
    DEPRECATED = "deprecated"
    WORKFLOW = "workflow"
    IDLE = "idle"
    PROMPT_ID = "prompt_id"
    INTERRUPT = "interrupt"
    PREVIEWS = "previews"
    PREVIEWED = "previewed"
    RUN = "run"


class Fix(StrEnum):
    """What to do about it; the names after each are those of its fields."""

    START_SERVER = "start_server"  # reason
    NOT_COMFYUI = "not_comfyui"  # reason
    SET_TOKEN = "set_token"  # noqa: S105 - the name of a fix, no password
    UPDATE_COMFYUI = "update_comfyui"  # least
    INSTALL_PACK = "install_pack"  # pack
    PUT_FILE = "put_file"  # folder, near
    SET_ATTENTION = "set_attention"  # offered
    REPLACE_NODE = "replace_node"  # workflows
    LET_WEBSOCKET_THROUGH = "let_websocket_through"  # reason
    TRY_WHEN_IDLE = "try_when_idle"  # others
    SWITCH_PREVIEWS_ON = "switch_previews_on"
    SEE_ABOVE = "see_above"
    SEE_REASON = "see_reason"  # reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `needed`: without it jobs would fail. `fix` is None where all is well."""

    check: Check
    ok: bool
    subject: str
    needed: bool = False
    fix: Fix | None = None
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
