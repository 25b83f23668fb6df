"""The queue: jobs in SQLite, in fair order, held by leases; and the files that belong to them."""

from storage.errors import LeaseLost, SchemaTooNew, StoreError, StoreInUse, StoreUnavailable, TooManyQueued
from storage.files import Files
from storage.job import ACTIVE, FINISHED, Admission, Job, Lease, Params, Reason, Request, State, Waiting
from storage.store import LEASE_SECONDS, Changes, Store, open_store

__all__ = [
    "ACTIVE",
    "FINISHED",
    "LEASE_SECONDS",
    "Admission",
    "Changes",
    "Files",
    "Job",
    "Lease",
    "LeaseLost",
    "Params",
    "Reason",
    "Request",
    "SchemaTooNew",
    "State",
    "Store",
    "StoreError",
    "StoreInUse",
    "StoreUnavailable",
    "TooManyQueued",
    "Waiting",
    "open_store",
]
