"""The queue: jobs in SQLite, in fair order, held by leases; and the files that belong to them."""

from storage.blobs.files import Files
from storage.blocked_words import BLOCKED_WORDS
from storage.errors import (
    LeaseLost,
    Refused,
    SchemaTooNew,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreInUse,
    StoreLocked,
    StoreUnavailable,
    TooManyQueued,
)
from storage.forecast import Forecast, Span
from storage.job import (
    ACTIVE,
    FINISHED,
    Admission,
    Job,
    Lease,
    Load,
    Moved,
    Params,
    Reason,
    Request,
    State,
    Waiting,
)
from storage.limits import Limits
from storage.maintenance import Keeper
from storage.preferences import Draft, Holdings, Rules
from storage.retention import Retention
from storage.store import LEASE_SECONDS, Changes, Store, open_store

__all__ = [
    "ACTIVE",
    "BLOCKED_WORDS",
    "FINISHED",
    "LEASE_SECONDS",
    "Admission",
    "Changes",
    "Draft",
    "Files",
    "Forecast",
    "Holdings",
    "Job",
    "Keeper",
    "Lease",
    "LeaseLost",
    "Limits",
    "Load",
    "Moved",
    "Params",
    "Reason",
    "Refused",
    "Request",
    "Retention",
    "Rules",
    "SchemaTooNew",
    "Span",
    "State",
    "Store",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreInUse",
    "StoreLocked",
    "StoreUnavailable",
    "TooManyQueued",
    "Waiting",
    "open_store",
]
