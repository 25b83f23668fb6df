"""The queue: jobs in SQLite or PostgreSQL in fair order, held by leases; and the files that belong to them.

    maintenance, restore, beside → chores, retention, opening → store → servers, memberships, wakes,
    preferences, operations, forgetting → queries, erasures →
    sqlite/, postgres/, blobs/, permissions, counters, limits → planning/ → job → words/, sql/ →
    database, errors, lease_term
    (→ may import; never back)

Imports no other package of this program; sqlite3 and aiosqlite are imported in sqlite/ only, asyncpg in
postgres/ only, and not before a server is configured.
"""

from storage.beside import Vacuumed, open_store_beside, vacuum
from storage.blobs.blobs import Blobs
from storage.blobs.errors import BlobHeld, BlobsUnavailable
from storage.blobs.opening import BlobLocation, open_blobs
from storage.chores import read_failures
from storage.counters import JobCounts
from storage.database import DatabaseLocation
from storage.errors import (
    AdmissionRefused,
    CopyUnusable,
    LeaseLost,
    SchemaTooNew,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreInUse,
    StoreLocked,
    StoreUnavailable,
)
from storage.fleet import (
    ALIVE_SECONDS,
    BEAT_SECONDS,
    FleetServer,
    ProcessRole,
    ServerState,
    StaleUpload,
    WorkerRecord,
)
from storage.forgetting import StoredData
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
from storage.lease_term import ADOPTION_GRACE, LEASE_SECONDS, LeaseTerm
from storage.limits import QueueLimits
from storage.maintenance import Maintenance, backup_times, failure_record
from storage.migration.databases import migrate
from storage.migration.move import Moved
from storage.opening import open_store
from storage.operations import AuditEntry, Ban, Notice, Pause, Usage
from storage.planning.forecast import Forecast, Interval
from storage.preferences import Draft, GuildSettings, UploadLimit
from storage.restore import Restored, back_up, restore
from storage.retention import Retention
from storage.servers import ServerRecord
from storage.sqlite.copies import all_copies, backup_folder
from storage.sqlite.inspection import check_database
from storage.store import Changes, Store
from storage.words.blocked_words import BLOCKED_WORDS

__all__ = [
    "ACTIVE",
    "ADOPTION_GRACE",
    "ALIVE_SECONDS",
    "BEAT_SECONDS",
    "BLOCKED_WORDS",
    "FINISHED",
    "LEASE_SECONDS",
    "Admission",
    "AdmissionRefused",
    "AuditEntry",
    "Ban",
    "BlobHeld",
    "BlobLocation",
    "Blobs",
    "BlobsUnavailable",
    "Changes",
    "CopyUnusable",
    "DatabaseLocation",
    "Draft",
    "FleetServer",
    "Forecast",
    "GuildSettings",
    "Interval",
    "Job",
    "JobCounts",
    "Lease",
    "LeaseLost",
    "LeaseTerm",
    "Load",
    "Maintenance",
    "Moved",
    "Notice",
    "Params",
    "Pause",
    "ProcessRole",
    "QueueLimits",
    "Reason",
    "Request",
    "Restored",
    "Retention",
    "SchemaTooNew",
    "ServerRecord",
    "ServerState",
    "StaleUpload",
    "State",
    "Store",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreInUse",
    "StoreLocked",
    "StoreUnavailable",
    "StoredData",
    "Transition",
    "UploadLimit",
    "Usage",
    "Vacuumed",
    "Waiting",
    "WorkerRecord",
    "all_copies",
    "back_up",
    "backup_folder",
    "backup_times",
    "check_database",
    "failure_record",
    "migrate",
    "open_blobs",
    "open_store",
    "open_store_beside",
    "read_failures",
    "restore",
    "vacuum",
]
