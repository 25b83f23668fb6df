"""Data of people and guilds beside jobs: language, guild settings, drafts, and deletion on request."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.job import Job
from storage.queries import JobQueries

DRAFT_SECONDS = 24 * 3600.0  # Discord signs an attachment's URL for this long


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """A guild's settings.

    `report_channel`: the channel that 🚩 reports go to, None is none. `pictures_of_others`: whether members
    may animate pictures that somebody else posted.
    """

    report_channel: int | None = None
    pictures_of_others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A picture that somebody chose, whose prompt is still to come. `id` is the interaction's."""

    id: int
    user_id: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredData:
    """The numbers of a person's stored jobs, pictures and clips."""

    jobs: int
    pictures: int
    clips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimit:
    """The upload limit that Discord was seen to keep in a guild (0: direct messages), in bytes.

    `boosted`: what the guild's boosts promised then; `learnt_at`: Unix time.
    """

    guild_id: int
    boosted: int
    bytes: int
    learnt_at: float


class Preferences(JobQueries):
    """Languages, guild settings, upload limits, drafts, jobs marked for deletion; extends JobQueries."""

    async def language(self, user_id: int) -> str | None:
        """The language that the person chose, as a Discord locale, or None."""
        row = await self.database.fetch_one(
            "SELECT language FROM preference WHERE user_id = :user", {"user": user_id}
        )
        return str(row[0]) if row else None

    async def set_language(self, user_id: int, language: str | None) -> None:
        """Store the person's language; None returns to that of their Discord client."""
        if language is None:
            await self.database.fetch("DELETE FROM preference WHERE user_id = :user", {"user": user_id})
            return
        await self.database.fetch(
            "INSERT OR REPLACE INTO preference VALUES (:user, :language)",
            {"user": user_id, "language": language},
        )

    async def locale_of(self, user_id: int) -> str | None:
        """The language that the person chose, else the locale of their last request, else None."""
        row = await self.database.fetch_one(
            """SELECT coalesce(
                (SELECT language FROM preference WHERE user_id = :user),
                (SELECT nullif(locale, '') FROM person WHERE id = :user)
            )""",
            {"user": user_id},
        )
        return str(row[0]) if row and row[0] else None

    async def guild_settings(self, guild_id: int) -> GuildSettings:
        """The guild's settings, or the defaults."""
        row = await self.database.fetch_one(
            "SELECT report_channel, pictures_of_others FROM rules WHERE guild_id = :guild",
            {"guild": guild_id},
        )
        if row is None:
            return GuildSettings()
        return GuildSettings(
            report_channel=row["report_channel"], pictures_of_others=bool(row["pictures_of_others"])
        )

    async def set_guild_settings(self, guild_id: int, settings: GuildSettings) -> None:
        """Store the guild's settings."""
        await self.database.fetch(
            "INSERT OR REPLACE INTO rules VALUES (:guild, :report_channel, :pictures_of_others)",
            {
                "guild": guild_id,
                "report_channel": settings.report_channel,
                "pictures_of_others": settings.pictures_of_others,
            },
        )

    async def upload_limits(self, *, since: float) -> Sequence[UploadLimit]:
        """The upload limits that were learnt since that Unix time."""
        rows = await self.database.fetch(
            "SELECT * FROM upload_limit WHERE learnt_at >= :since", {"since": since}
        )
        return [UploadLimit(**dict(row)) for row in rows]

    async def set_upload_limit(self, limit: UploadLimit) -> None:
        """Store the upload limit of a guild."""
        await self.database.fetch(
            "INSERT OR REPLACE INTO upload_limit VALUES (:guild, :boosted, :bytes, :learnt_at)",
            {
                "guild": limit.guild_id,
                "boosted": limit.boosted,
                "bytes": limit.bytes,
                "learnt_at": limit.learnt_at,
            },
        )

    async def save_draft(self, draft: Draft) -> None:
        """Store a draft, and remove those older than DRAFT_SECONDS."""
        now = self.now()
        await self.database.fetch(
            "DELETE FROM draft WHERE created_at < :before", {"before": now - DRAFT_SECONDS}
        )
        await self.database.fetch(
            "INSERT OR REPLACE INTO draft VALUES (:id, :user, :url, :now)",
            {"id": draft.id, "user": draft.user_id, "url": draft.url, "now": now},
        )

    async def draft(self, draft_id: int) -> Draft | None:
        """The draft with that id, or None where it is unknown or older than DRAFT_SECONDS."""
        row = await self.database.fetch_one(
            "SELECT id, user_id, url FROM draft WHERE id = :id AND created_at >= :after",
            {"id": draft_id, "after": self.now() - DRAFT_SECONDS},
        )
        return Draft(**dict(row)) if row else None

    async def stored_data(self, user_id: int, *, pictures_since: float) -> StoredData:
        """Count the person's stored data; pictures only of jobs not finished before `pictures_since`."""
        row = await self.database.fetch_one(
            """SELECT
                count(*) AS jobs, count(clip) AS clips,
                count(DISTINCT iif(coalesce(finished_at, 9e99) > :since, picture, NULL)) AS pictures
            FROM job WHERE user_id = :user AND unwanted = 0""",
            {"user": user_id, "since": pictures_since},
        )
        return StoredData(**dict(row)) if row else StoredData(jobs=0, pictures=0, clips=0)

    async def mark_for_deletion(self, job_id: str) -> None:
        """Mark a job to be deleted with its messages and files."""
        await self.database.fetch("UPDATE job SET unwanted = 1 WHERE id = :id", {"id": job_id})

    async def mark_all_for_deletion(self, user_id: int) -> None:
        """Mark all the person's jobs for deletion; delete their drafts, locale and language at once."""
        await self.database.fetch("UPDATE job SET unwanted = 1 WHERE user_id = :user", {"user": user_id})
        await self.database.fetch("DELETE FROM draft WHERE user_id = :user", {"user": user_id})
        await self.database.fetch("UPDATE person SET locale = '' WHERE id = :user", {"user": user_id})
        await self.set_language(user_id, None)

    async def marked_for_deletion(self, *, after: int = 0, limit: int = 100) -> Sequence[Job]:
        """Jobs marked for deletion, unfinished ones too, oldest first; the next page is `after` that seq."""
        return await self._many(
            "unwanted = 1 AND seq > :after ORDER BY seq LIMIT :limit", after=after, limit=limit
        )

    async def delete_job(self, job_id: str) -> None:
        """Delete the row. Delete its messages and files first: only the row refers to them."""
        await self.database.fetch("DELETE FROM job WHERE id = :id", {"id": job_id})

    async def needs_picture(self, picture: str, *, beside: str) -> bool:
        """Whether a job other than `beside` uses the picture with this sha256."""
        found = "FROM (SELECT 1 FROM job WHERE picture = :sha AND id <> :id LIMIT 1)"
        return bool(await self._count(found, sha=picture, id=beside))
