"""Data of people and guilds beside jobs: language, guild settings, upload limits and drafts."""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.queries import JobQueries

DRAFT_SECONDS = 24 * 3600.0  # Discord signs an attachment's URL for this long
DRAFT_COLUMNS = "id, user_id, url, last_url, picture_of, source"


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
    """A picture that somebody chose, whose prompt is still to come. `id` is the interaction's.

    `picture_of`: the id of the person whose picture it is where that is somebody else, else 0; `source`: the
    id of the job whose message showed it, or "". `last_url`: the address of the picture that the clip
    ends on, which is always the person's own upload, or None.
    """

    id: int
    user_id: int
    url: str
    picture_of: int = 0
    source: str = ""
    last_url: str | None = None


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
    """Languages, guild settings, upload limits, drafts; extends JobQueries."""

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
            """INSERT INTO preference (user_id, language) VALUES (:user, :language)
            ON CONFLICT (user_id) DO UPDATE SET language = excluded.language""",
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
            """INSERT INTO rules (guild_id, report_channel, pictures_of_others)
            VALUES (:guild, :report_channel, :pictures_of_others)
            ON CONFLICT (guild_id) DO UPDATE SET
                report_channel = excluded.report_channel, pictures_of_others = excluded.pictures_of_others""",
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
            """INSERT INTO upload_limit (guild_id, boosted, bytes, learnt_at)
            VALUES (:guild, :boosted, :bytes, :learnt_at)
            ON CONFLICT (guild_id) DO UPDATE SET
                boosted = excluded.boosted, bytes = excluded.bytes, learnt_at = excluded.learnt_at""",
            {
                "guild": limit.guild_id,
                "boosted": limit.boosted,
                "bytes": limit.bytes,
                "learnt_at": limit.learnt_at,
            },
        )

    async def save_draft(self, draft: Draft) -> None:
        """Store a draft, to be dropped with the job that is made of it or after DRAFT_SECONDS."""
        await self.remove_old_drafts()
        await self.database.fetch(
            """INSERT INTO draft (id, user_id, url, last_url, created_at, picture_of, source)
            VALUES (:draft, :user, :url, :last_url, :now, :picture_of, :source)
            ON CONFLICT (id) DO UPDATE SET
                user_id = excluded.user_id, url = excluded.url, last_url = excluded.last_url,
                created_at = excluded.created_at,
                picture_of = excluded.picture_of, source = excluded.source""",
            {
                "draft": draft.id,
                "user": draft.user_id,
                "url": draft.url,
                "last_url": draft.last_url,
                "picture_of": draft.picture_of,
                "source": draft.source,
            },
        )

    async def remove_old_drafts(self) -> None:
        """Remove the drafts that are older than DRAFT_SECONDS."""
        await self.database.fetch(
            "DELETE FROM draft WHERE created_at < :now - :kept_seconds", {"kept_seconds": DRAFT_SECONDS}
        )

    async def draft(self, draft_id: int) -> Draft | None:
        """The draft with that id, or None where it is unknown, used, or older than DRAFT_SECONDS."""
        row = await self.database.fetch_one(
            f"SELECT {DRAFT_COLUMNS} FROM draft WHERE id = :draft AND created_at >= :now - :kept_seconds",  # noqa: S608 - constant SQL, no user input
            {"draft": draft_id, "kept_seconds": DRAFT_SECONDS},
        )
        return Draft(**dict(row)) if row else None

    async def drafts_of(self, user_id: int) -> Sequence[Draft]:
        """The person's drafts, oldest first."""
        rows = await self.database.fetch(
            f"SELECT {DRAFT_COLUMNS} FROM draft WHERE user_id = :user ORDER BY id",  # noqa: S608 - constant SQL, no user input
            {"user": user_id},
        )
        return [Draft(**dict(row)) for row in rows]
