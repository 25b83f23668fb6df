"""What can go wrong in the store.

StoreError                everything that leaves this room
├── TooManyQueued         the person has as many jobs waiting as the rules allow
├── LeaseLost             somebody else moved the job since: this holder may do nothing more
├── StoreUnavailable      the database did not answer: full disk, locked file, broken page
├── StoreInUse            another bot works on this folder
└── SchemaTooNew          the file was written by a newer version of this program
"""


class StoreError(Exception):
    """The root of this room's errors."""


class TooManyQueued(StoreError):
    """The person has as many jobs waiting as the rules allow."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} jobs of this person are waiting already")
        self.limit = limit


class LeaseLost(StoreError):
    """Somebody else moved the job since; whoever holds this lease may do nothing more with it."""


class StoreUnavailable(StoreError):
    """The database did not answer: full disk, file locked by another program, broken page."""


class StoreInUse(StoreError):
    """Another bot works on this folder."""


class SchemaTooNew(StoreError):
    """The file was written by a newer version of this program; this one would damage it."""
