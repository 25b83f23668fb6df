"""What is kept about people and guilds beside jobs: languages, rules, drafts; and what they take back."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.job import Job
from storage.queries import JobQueries

DRAFT_SECONDS = 24 * 3600.0  # as long as Discord's signature on the address


@dataclass(frozen=True, slots=True, kw_only=True)
class GuildSettings:
    """What a guild's managers allowed.

    `report_channel`: where 🚩 goes, None is nowhere. `pictures_of_others`: whether people may animate
    pictures that somebody else posted.
    """

    report_channel: int | None = None
    pictures_of_others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A picture that somebody pointed at, and has yet to say what should move in it."""

    id: int
    user_id: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredData:
    """How much of somebody's is kept at this moment."""

    jobs: int
    pictures: int
    clips: int


class Preferences(JobQueries):
    """Languages, rules, drafts, and the jobs that their people want removed."""

    async def language(self, user_id: int) -> str | None:
        """The language that this person chose, as a Discord locale."""
        row = await self.database.fetch_one(
            "SELECT language FROM preference WHERE user_id = :user", {"user": user_id}
        )
        return str(row[0]) if row else None

    async def set_language(self, user_id: int, language: str | None) -> None:
        """Choose a language; None is that of the person's Discord."""
        if language is None:
            await self.database.fetch("DELETE FROM preference WHERE user_id = :user", {"user": user_id})
            return
        await self.database.fetch(
            "INSERT OR REPLACE INTO preference VALUES (:user, :language)",
            {"user": user_id, "language": language},
        )

    async def locale_of(self, user_id: int) -> str | None:
        """The language that this person chose, else the one in which they last asked."""
        row = await self.database.fetch_one(
            """SELECT coalesce(
                (SELECT language FROM preference WHERE user_id = :user),
                (SELECT nullif(locale, '') FROM person WHERE id = :user)
            )""",
            {"user": user_id},
        )
        return str(row[0]) if row and row[0] else None

    async def guild_settings(self, guild_id: int) -> GuildSettings:
        """What this guild allowed; the defaults where nobody said anything."""
        row = await self.database.fetch_one(
            "SELECT report_channel, pictures_of_others FROM rules WHERE guild_id = :guild",
            {"guild": guild_id},
        )
        if row is None:
            return GuildSettings()
        return GuildSettings(
            report_channel=row["report_channel"], pictures_of_others=bool(row["pictures_of_others"])
        )

    async def set_guild_settings(self, guild_id: int, rules: GuildSettings) -> None:
        """Let these be the guild's rules."""
        await self.database.fetch(
            "INSERT OR REPLACE INTO rules VALUES (:guild, :report_channel, :pictures_of_others)",
            {
                "guild": guild_id,
                "report_channel": rules.report_channel,
                "pictures_of_others": rules.pictures_of_others,
            },
        )

    async def save_draft(self, draft: Draft) -> None:
        """Remember a picture until its words come; older drafts than DRAFT_SECONDS go."""
        now = self.now()
        await self.database.fetch(
            "DELETE FROM draft WHERE created_at < :before", {"before": now - DRAFT_SECONDS}
        )
        await self.database.fetch(
            "INSERT OR REPLACE INTO draft VALUES (:id, :user, :url, :now)",
            {"id": draft.id, "user": draft.user_id, "url": draft.url, "now": now},
        )

    async def draft(self, draft_id: int) -> Draft | None:
        """The draft with that id, unless it is too old."""
        row = await self.database.fetch_one(
            "SELECT id, user_id, url FROM draft WHERE id = :id AND created_at >= :after",
            {"id": draft_id, "after": self.now() - DRAFT_SECONDS},
        )
        return Draft(**dict(row)) if row else None

    async def stored_data(self, user_id: int, *, pictures_since: float) -> StoredData:
        """What is kept of this person: pictures as long as a job needs them that ended after that time."""
        row = await self.database.fetch_one(
            """SELECT
                count(*) AS jobs, count(clip) AS clips,
                count(DISTINCT iif(coalesce(finished_at, 9e99) > :since, picture, NULL)) AS pictures
            FROM job WHERE user_id = :user AND unwanted = 0""",
            {"user": user_id, "since": pictures_since},
        )
        return StoredData(**dict(row)) if row else StoredData(jobs=0, pictures=0, clips=0)

    async def mark_for_deletion(self, job_id: str) -> None:
        """Somebody wants this job removed, with all that belongs to it."""
        await self.database.fetch("UPDATE job SET unwanted = 1 WHERE id = :id", {"id": job_id})

    async def mark_all_for_deletion(self, user_id: int) -> None:
        """The person wants all of theirs removed: jobs, drafts and the language they chose."""
        await self.database.fetch("UPDATE job SET unwanted = 1 WHERE user_id = :user", {"user": user_id})
        await self.database.fetch("DELETE FROM draft WHERE user_id = :user", {"user": user_id})
        await self.database.fetch("UPDATE person SET locale = '' WHERE id = :user", {"user": user_id})
        await self.set_language(user_id, None)

    async def marked_for_deletion(self, *, after: int = 0, limit: int = 100) -> Sequence[Job]:
        """Jobs that are to be removed, those in work too, oldest first; the next page is `after` that seq."""
        return await self._many(
            "unwanted = 1 AND seq > :after ORDER BY seq LIMIT :limit", after=after, limit=limit
        )

    async def delete_job(self, job_id: str) -> None:
        """Remove a row. What hangs on it goes before: afterwards nobody knows of it."""
        await self.database.fetch("DELETE FROM job WHERE id = :id", {"id": job_id})

    async def needs_picture(self, picture: str, *, beside: str) -> bool:
        """Whether a job other than that one has this picture."""
        found = "FROM (SELECT 1 FROM job WHERE picture = :sha AND id <> :id LIMIT 1)"
        return bool(await self._count(found, sha=picture, id=beside))
