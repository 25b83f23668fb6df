"""The queue: jobs in SQLite, in fair order, held by leases; and the files that belong to them."""

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
from storage.files import Files
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
from storage.keeper import Keeper
from storage.limits import Limits
from storage.people import Draft, Holdings, Rules
from storage.retention import Retention
from storage.store import LEASE_SECONDS, Changes, Store, open_store
from storage.words import BLOCKED_WORDS

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
