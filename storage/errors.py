"""The errors of storage.

StoreError                base class of all errors below
├── AdmissionRefused      a rule does not allow this job: its name, its number, when it lifts
├── LeaseLost             the job was moved by another holder since: this lease is void
├── StoreUnavailable      the database did not answer
│   ├── StoreFull         no room on the disk: reads work, writes do again when there is room
│   ├── StoreLocked       another program holds the file's lock
│   └── StoreDamaged      a page of the file is broken: a backup has to be restored
├── StoreInUse            another process has this folder open
├── CopyUnusable          a file is no copy that could replace the database
└── SchemaTooNew          the file was written by a newer version of this program
"""


class StoreError(Exception):
    """Base class of the errors of storage."""


class AdmissionRefused(StoreError):
    """An admission rule, by its name in storage/sql/admission_rules.py, does not allow this job."""

    def __init__(
        self, rule: str, number: float | None = None, lifts_at: float | None = None, reason: str = ""
    ) -> None:
        super().__init__(f"the rule {rule} ({number}) does not allow it")
        self.rule = rule
        self.number = number  # its limit, where it has one
        self.lifts_at = lifts_at  # the Unix time from which it would allow the job, where that is known
        self.reason = reason  # the words of whoever forbade it, where there are some


class LeaseLost(StoreError):
    """Another holder has moved the job since: this lease allows nothing more."""


class StoreUnavailable(StoreError):
    """The database did not answer."""


class StoreFull(StoreUnavailable):
    """There is no room on the disk. Reads work; writes do again as soon as there is room."""


class StoreLocked(StoreUnavailable):
    """Another program holds the file's lock."""


class StoreDamaged(StoreUnavailable):
    """A page of the file is broken; a backup has to be restored."""


class StoreInUse(StoreError):
    """Another process has this folder open."""


class CopyUnusable(StoreError):
    """A file is damaged, missing, or another program's: it cannot replace the database."""


class SchemaTooNew(StoreError):
    """The file was written by a newer version of this program; this one would damage it."""
