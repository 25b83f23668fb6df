"""What can go wrong in the store.

StoreError                everything that leaves this room
├── AdmissionRefused      a rule does not allow this job; it says which, its number, and when it lifts
├── LeaseLost             somebody else moved the job since: this holder may do nothing more
├── StoreUnavailable      the database did not answer
│   ├── StoreFull         no room on the disk: reading goes on, writing as soon as there is room
│   ├── StoreLocked       another program holds the file: everything goes on when it lets go
│   └── StoreDamaged      a broken page: somebody has to put a backup back
├── StoreInUse            another bot works on this folder
└── SchemaTooNew          the file was written by a newer version of this program
"""


class StoreError(Exception):
    """The root of this room's errors."""


class AdmissionRefused(StoreError):
    """A rule does not allow this job.

    `rule` is its name in storage/limits.py, `number` what it allows where it counts, `lifts_at` the Unix time
    when it lifts where that is known.
    """

    def __init__(self, rule: str, number: float | None = None, lifts_at: float | None = None) -> None:
        super().__init__(f"the rule {rule} ({number}) does not allow it")
        self.rule = rule
        self.number = number
        self.lifts_at = lifts_at


class LeaseLost(StoreError):
    """Somebody else moved the job since; whoever holds this lease may do nothing more with it."""


class StoreUnavailable(StoreError):
    """The database did not answer."""


class StoreFull(StoreUnavailable):
    """There is no room on the disk. Reading goes on, and writing as soon as there is room."""


class StoreLocked(StoreUnavailable):
    """Another program holds the file; everything goes on when it lets go."""


class StoreDamaged(StoreUnavailable):
    """A page of the file is broken; a backup has to be put back."""


class StoreInUse(StoreError):
    """Another bot works on this folder."""


class SchemaTooNew(StoreError):
    """The file was written by a newer version of this program; this one would damage it."""
