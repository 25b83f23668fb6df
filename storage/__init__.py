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
from storage.forecast import Forecast, Interval
from storage.job import (
    ACTIVE,
    FINISHED,
    Admission,
    Job,
    Lease,
    Load,
    Params,
    Reason,
    Request,
    State,
    Transition,
    Waiting,
)
from storage.limits import Limits
from storage.maintenance import Maintenance
from storage.preferences import Draft, GuildSettings, StoredData
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
    "GuildSettings",
    "Interval",
    "Job",
    "Lease",
    "LeaseLost",
    "Limits",
    "Load",
    "Maintenance",
    "Params",
    "Reason",
    "Refused",
    "Request",
    "Retention",
    "SchemaTooNew",
    "State",
    "Store",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreInUse",
    "StoreLocked",
    "StoreUnavailable",
    "StoredData",
    "TooManyQueued",
    "Transition",
    "Waiting",
    "open_store",
]
