"""What whoever runs the bot sets while it runs: pause, notice, limits; and the record of who did what."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.job import Job
from storage.queries import IN_SERVICE_FIRST, JobQueries
from storage.sql.statements import PAUSED, USAGE
from storage.sql.texts import encode_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """While it lasts no job is claimed. Unix times; `until`: None where it lasts until somebody resumes."""

    since: float
    until: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A text that people read under their waiting jobs and in /queue. Unix times."""

    text: str
    since: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """A person whose requests are refused: in a guild, or everywhere (0); `until`: None is for good."""

    user_id: int
    guild_id: int = 0
    until: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A command that somebody ran: when (Unix time), as which user of the shell, about whom, with what."""

    at: float
    who: str
    command: str
    person: int | None
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a person used: numbers of jobs that ended, by their end, and the GPU seconds of all of them."""

    user_id: int
    done: int
    failed: int
    cancelled: int
    gpu_seconds: float


class Operations(JobQueries):
    """Pause, notice, limits, bans and audit; extends JobQueries.

    What changes more than one row takes several statements: whoever calls it holds `Database.transaction`.
    """

    async def pause(self) -> Pause | None:
        """The pause that holds now, or None."""
        row = await self.database.fetch_one(
            f"SELECT since, until, reason FROM pause WHERE {PAUSED} ORDER BY number DESC LIMIT 1",  # noqa: S608 - constant SQL, no user input
            {},
        )
        return Pause(**dict(row)) if row else None

    async def begin_pause(self, *, until: float | None, reason: str) -> Pause | None:
        """Pause from now on; returns the pause that it replaces."""
        replaced = await self.end_pause()
        await self.database.fetch(
            "INSERT INTO pause (since, until, reason) VALUES (:now, :until, :reason)",
            {"until": until, "reason": reason},
        )
        return replaced

    async def end_pause(self) -> Pause | None:
        """End the pause that holds now; returns it, or None where there is none."""
        ended = await self.pause()
        await self.database.fetch(
            f"UPDATE pause SET until = :now WHERE {PAUSED}",  # noqa: S608 - constant SQL, no user input
            {},
        )
        return ended

    async def notice(self) -> Notice | None:
        """The notice that is shown now, or None."""
        row = await self.database.fetch_one("SELECT text, since, until FROM notice WHERE until > :now", {})
        return Notice(**dict(row)) if row else None

    async def set_notice(self, text: str, *, until: float) -> None:
        """Show this notice from now on, instead of any other."""
        await self.database.fetch(
            """INSERT INTO notice (one, since, until, text) VALUES (1, :now, :until, :text)
            ON CONFLICT (one) DO UPDATE SET
                since = excluded.since, until = excluded.until, text = excluded.text""",
            {"until": until, "text": text},
        )

    async def clear_notice(self) -> None:
        """Show no notice."""
        await self.database.fetch("DELETE FROM notice", {})

    async def limit_overrides(self) -> Mapping[str, float | None]:
        """The limits that differ from the settings, by the names of QueueLimits; None is no limit."""
        rows = await self.database.fetch("SELECT name, value FROM limit_override ORDER BY name", {})
        return {row["name"]: row["value"] for row in rows}

    async def override_limit(self, name: str, value: float | None) -> None:
        """Let this limit differ from the settings, also after a restart. `Store.read_limits` applies it."""
        await self.database.fetch(
            """INSERT INTO limit_override (name, value) VALUES (:name, :value)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
            {"name": name, "value": value},
        )

    async def restore_limit(self, name: str) -> None:
        """Let this limit be that of the settings again."""
        await self.database.fetch("DELETE FROM limit_override WHERE name = :name", {"name": name})

    async def bans(self) -> Sequence[Ban]:
        """All bans that hold now."""
        rows = await self.database.fetch(
            """SELECT user_id, guild_id, until, reason FROM blocked
            WHERE until IS NULL OR until > :now ORDER BY user_id, guild_id""",
            {},
        )
        return [Ban(**dict(row)) for row in rows]

    async def knows_person(self, user_id: int) -> bool:
        """Whether anything is stored about that person."""
        return bool(
            await self._count(
                """FROM (
                    SELECT id FROM person WHERE id = :user
                    UNION ALL SELECT user_id FROM job WHERE user_id = :user
                    UNION ALL SELECT user_id FROM blocked WHERE user_id = :user
                    UNION ALL SELECT user_id FROM preference WHERE user_id = :user
                    UNION ALL SELECT user_id FROM draft WHERE user_id = :user
                    UNION ALL SELECT user_id FROM source WHERE user_id = :user
                ) AS known""",
                user=user_id,
            )
        )

    async def unfinished(self, limit: int) -> Sequence[Job]:
        """The first unfinished jobs of all guilds: those on a server, then in queue order."""
        return await self._many(f"finished_at IS NULL ORDER BY {IN_SERVICE_FIRST} LIMIT :limit", limit=limit)

    async def beginning_with(self, start: str, limit: int = 5) -> Sequence[Job]:
        """The newest jobs whose ids begin with these characters."""
        return await self._many(
            "id BETWEEN :start AND :start || 'g' ORDER BY seq DESC LIMIT :limit", start=start, limit=limit
        )

    async def being_stopped(self) -> Sequence[Job]:
        """The jobs on a server that are to be cancelled."""
        return await self._many("cancel_requested = 1 AND finished_at IS NULL ORDER BY seq")

    async def usage(self, *, since: float) -> Sequence[Usage]:
        """What each person used by jobs that ended since that Unix time, whoever used most first."""
        rows = await self.database.fetch(USAGE, {"since": since})
        return [Usage(**dict(row)) for row in rows]

    async def record(
        self, who: str, command: str, arguments: Mapping[str, object], *, person: int | None = None
    ) -> None:
        """Write into the audit table that this user of the shell runs this command now."""
        await self.database.fetch(
            """INSERT INTO audit (at, who, command, person, arguments)
            VALUES (:now, :who, :command, :person, :arguments)""",
            {
                "who": who,
                "command": command,
                "person": person,
                "arguments": encode_json(arguments),
            },
        )

    async def remove_old_records(self, before: float) -> None:
        """Remove records of the audit, and pauses that were over, before that Unix time."""
        await self.database.fetch("DELETE FROM audit WHERE at < :before", {"before": before})
        await self.database.fetch("DELETE FROM pause WHERE until < :before", {"before": before})

    async def audit(self, *, since: float) -> Sequence[AuditEntry]:
        """The commands since that Unix time, the newest first."""
        rows = await self.database.fetch(
            "SELECT at, who, command, person, arguments FROM audit WHERE at >= :since ORDER BY number DESC",
            {"since": since},
        )
        return [AuditEntry(**{**dict(row), "arguments": json.loads(row["arguments"])}) for row in rows]
