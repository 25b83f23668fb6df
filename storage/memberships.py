"""The guilds that the bot is in, and those that it left, until what is left of them is removed."""

from collections.abc import Callable, Collection, Sequence

from storage.database import Database

OLD_GUILDS = "SELECT id FROM guild UNION SELECT guild_id FROM rules"  # of jobs and settings, recorded or not


class Memberships:
    """The table `membership`."""

    database: Database
    now: Callable[[], float]

    async def guild_joined(self, guild_id: int) -> None:
        """Record that the bot is in a guild; one that it had left keeps all that it has."""
        await self.database.fetch(
            """INSERT INTO membership (guild_id, left_at) VALUES (:guild, NULL)
            ON CONFLICT (guild_id) DO UPDATE SET left_at = NULL""",
            {"guild": guild_id},
        )

    async def guild_left(self, guild_id: int) -> None:
        """Record that the bot left a guild now, unless that is recorded with an earlier time."""
        await self.database.fetch(
            """INSERT INTO membership VALUES (:guild, :now)
            ON CONFLICT (guild_id) DO UPDATE SET left_at = coalesce(membership.left_at, excluded.left_at)""",
            {"guild": guild_id},
        )

    async def unrecorded_guilds(self, guild_ids: Collection[int]) -> Sequence[int]:
        """Those of these guilds that the bot was not in when it last looked; none where it never did."""
        rows = await self.database.fetch(
            """SELECT value AS id FROM LIST(:guilds) AS each
            WHERE value NOT IN (SELECT guild_id FROM membership WHERE left_at IS NULL)
            AND EXISTS (SELECT 1 FROM membership)""",
            {"guilds": sorted(guild_ids)},
        )
        return [row["id"] for row in rows]

    async def record_guilds(self, guild_ids: Collection[int]) -> None:
        """Record that the bot is in these guilds, and since now in no other one that is known."""
        values = {"guilds": sorted(guild_ids)}
        await self.database.fetch(
            """INSERT INTO membership (guild_id, left_at)
            SELECT value, NULL FROM LIST(:guilds) AS each WHERE true
            ON CONFLICT (guild_id) DO UPDATE SET left_at = NULL""",
            values,
        )
        await self.database.fetch(
            f"""INSERT INTO membership (guild_id, left_at)
            SELECT id, :now FROM (SELECT guild_id AS id FROM membership UNION {OLD_GUILDS}) AS known
            WHERE id NOT IN LIST(:guilds)
            ON CONFLICT (guild_id) DO UPDATE SET left_at = coalesce(membership.left_at, excluded.left_at)""",  # noqa: S608 - constant SQL, no user input
            values,
        )
