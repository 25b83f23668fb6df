"""How long each GPU server took to wake up, and whether one is being woken."""

from collections.abc import Callable, Collection
from statistics import median

from storage.database import Database

KEPT_WAKES = 9  # of each server: the newest say how long the next one takes


class Wakes:
    """The table `wake`. Times are Unix seconds."""

    database: Database
    now: Callable[[], float]

    async def busy_servers(self) -> Collection[str]:
        """The servers that have a job, until its clip is fetched."""
        rows = await self.database.fetch(
            "SELECT DISTINCT server FROM job WHERE lease_until IS NOT NULL AND state <> 'delivering'", {}
        )
        return {row["server"] for row in rows}

    async def begin_wake(self, server: str) -> float:
        """Record that a server is being woken now, and forget its oldest wakes; returns the time."""
        now = self.now()
        values = {"server": server, "asked_at": now, "kept": KEPT_WAKES}
        await self.database.fetch(
            """INSERT INTO wake (server, asked_at, seconds) VALUES (:server, :asked_at, NULL)
            ON CONFLICT (server, asked_at) DO UPDATE SET seconds = NULL""",
            values,
        )
        await self.database.fetch(
            """DELETE FROM wake WHERE server = :server AND asked_at <= (
                SELECT asked_at FROM wake WHERE server = :server ORDER BY asked_at DESC LIMIT 1 OFFSET :kept
            )""",
            values,
        )
        return now

    async def finish_wake(self, server: str, asked_at: float, *, awake: bool) -> None:
        """Record that the server answers, and how long that took; else that this wake is given up."""
        values = {"server": server, "asked_at": asked_at, "seconds": self.now() - asked_at}
        await self.database.fetch(
            "UPDATE wake SET seconds = :seconds WHERE server = :server AND asked_at = :asked_at"
            if awake
            else "DELETE FROM wake WHERE server = :server AND asked_at = :asked_at",
            values,
        )

    async def unfinished_wake(self, server: str, *, since: float) -> float | None:
        """When the server was asked to wake up, where it was after `since` and has not answered yet."""
        row = await self.database.fetch_one(
            """SELECT asked_at FROM wake WHERE server = :server AND asked_at > :since AND seconds IS NULL
            ORDER BY asked_at DESC LIMIT 1""",
            {"server": server, "since": since},
        )
        return float(row[0]) if row else None

    async def wake_seconds(self, server: str) -> float | None:
        """The median of what its last wakes took; None where none is known."""
        rows = await self.database.fetch(
            "SELECT seconds FROM wake WHERE server = :server AND seconds IS NOT NULL", {"server": server}
        )
        return median(row["seconds"] for row in rows) if rows else None
