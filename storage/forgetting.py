"""Deletion on request: what is stored about a person, what others made of it, and taking all of it back."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from storage.database import Database, QueueOperation
from storage.erasures import ErasureRecord, hash_person
from storage.job import Job, Reason
from storage.queries import JobQueries
from storage.sql.statements import (
    ERASE_WITHDRAWN,
    EVERYBODY,
    FORGET_MOVER,
    FORGET_MOVER_OF_EVENTS,
    JOINED_BEHIND,
)

WITHDRAWN = Reason(code="withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredData:
    """The numbers of a person's stored jobs, pictures and clips."""

    jobs: int
    pictures: int
    clips: int


class Forgetting(JobQueries):
    """What is stored about people, and its deletion; extends JobQueries.

    The triggers of migration 0009 mark jobs of others as `withdrawn` in the statement that takes back what
    they were made with, and erase its words there.
    """

    def __init__(self, database: Database, now: Callable[[], float] | None) -> None:
        super().__init__(database, now)
        self._erasures = ErasureRecord(database.folder / "erasures.txt")

    async def stored_data(self, user_id: int, *, pictures_since: float) -> StoredData:
        """Count the person's stored data; pictures only of jobs not finished before `pictures_since`."""
        row = await self.database.fetch_one(
            """WITH kept AS (
                SELECT clip, picture, last_picture, coalesce(finished_at, 9e99) > :since AS recent
                FROM job WHERE user_id = :user AND unwanted = 0
            )
            SELECT count(*) AS jobs, count(clip) AS clips, (
                SELECT count(sha) FROM (
                    SELECT picture AS sha FROM kept WHERE recent
                    UNION SELECT last_picture FROM kept WHERE recent
                ) AS picture
            ) AS pictures
            FROM kept""",
            {"user": user_id, "since": pictures_since},
        )
        return StoredData(**dict(row)) if row else StoredData(jobs=0, pictures=0, clips=0)

    async def being_deleted(self, user_id: int) -> int:
        """The number of the person's jobs that are marked and whose rows are still there."""
        return await self._count("FROM job WHERE user_id = :user AND unwanted = 1", user=user_id)

    async def account(self, user_id: int) -> Mapping[str, object]:
        """What is stored beside jobs and language: last request, turn, blocks, commands of operators."""
        row = await self.database.fetch_one(
            "SELECT asked_at, finish_tag FROM person WHERE id = :user", {"user": user_id}
        )
        blocked = await self.database.fetch(
            "SELECT guild_id AS guild, until, reason FROM blocked WHERE user_id = :user", {"user": user_id}
        )
        commands = await self.database.fetch(
            "SELECT at, command, arguments FROM audit WHERE person = :user ORDER BY number", {"user": user_id}
        )
        return {
            "turn": dict(row) if row else None,
            "blocked": [dict(each) for each in blocked],
            "commands_about_them": [dict(each) for each in commands],
        }

    async def states_of(self, seqs: Sequence[int]) -> Mapping[int, Sequence[tuple[float, str]]]:
        """For each of these jobs, by `seq`: the times and states of its moves, without who made them."""
        rows = await self.database.fetch(
            """SELECT job, at, state FROM event
            WHERE job IN LIST(:seqs) ORDER BY job, number""",
            {"seqs": list(seqs)},
        )
        moves = defaultdict[int, list[tuple[float, str]]](list)
        for row in rows:
            moves[row["job"]].append((row["at"], row["state"]))
        return moves

    async def made_by_others(self, user_id: int, *, limit: int = 1000) -> Sequence[Job]:
        """The newest jobs of others that were made with the person's pictures, words or clips."""
        return await self._many(
            """seq IN (SELECT job FROM source WHERE user_id = :user) AND user_id <> :user AND unwanted = 0
            ORDER BY seq DESC LIMIT :limit""",
            user=user_id,
            limit=limit,
        )

    async def mark_for_deletion(self, job_id: str) -> None:
        """Mark a job to be deleted with its messages and files; others' jobs made with it are withdrawn.

        It is recorded first, so that a restored copy of the database loses the job again.
        """
        known = await self._last_erasure()
        async with self._erasures.adding("job", job_id, known=known) as number:
            await self._erase_job(job_id)
            await self._set_last_erasure(number)

    async def _erase_job(self, job_id: str) -> None:
        await self.database.fetch("UPDATE job SET unwanted = 1 WHERE id = :id", {"id": job_id})
        await self.cancel_withdrawn()

    async def mark_all_for_deletion(self, user_id: int) -> None:
        """Mark all the person's jobs for deletion; delete their drafts, locale and language at once.

        Others' jobs made with anything of theirs are withdrawn, also where the row that it came from is gone.
        It is recorded first, so that a restored copy of the database loses all of it again.
        """
        person, known = hash_person(user_id, await self.instance()), await self._last_erasure()
        async with self._erasures.adding("person", person, known=known) as number:
            await self._erase_person(user_id)
            await self._set_last_erasure(number)

    async def _erase_person(self, user_id: int) -> None:
        user = {"user": user_id}
        await self.database.fetch("DELETE FROM source WHERE user_id = :user", user)
        await self.database.fetch("UPDATE job SET unwanted = 1 WHERE user_id = :user", user)
        await self.database.fetch("DELETE FROM draft WHERE :user IN (user_id, picture_of)", user)
        # Again: what was admitted meanwhile has copied sources that the first statement did not see.
        await self.database.fetch("DELETE FROM source WHERE user_id = :user", user)
        await self.database.fetch("UPDATE person SET locale = '' WHERE id = :user", user)
        await self.database.fetch("DELETE FROM preference WHERE user_id = :user", user)
        await self.database.fetch("UPDATE audit SET person = NULL WHERE person = :user", user)
        await self.database.fetch(FORGET_MOVER, user)
        await self.database.fetch(FORGET_MOVER_OF_EVENTS, user)
        await self.cancel_withdrawn()
        await self.database.discard_deleted()

    async def repeat_erasures(self) -> int:
        """Carry out the recorded erasures that this copy of the database does not know; returns their number.

        There are some where an older copy was put in its place, or the process ended in the middle of one.
        """
        erasures = await self._erasures.after(await self._last_erasure())
        people = await self._people_by_hash() if erasures else dict[str, int]()
        for each in erasures:
            if each.kind == "job":
                await self._erase_job(each.id)
            elif each.id in people:
                await self._erase_person(people[each.id])
            await self._set_last_erasure(each.number)
        return len(erasures)

    async def remove_old_erasures(self, before: float) -> None:
        """Remove from the record what is older than that Unix time, by when no row of then is kept."""
        await self._erasures.remove_before(before)

    async def _people_by_hash(self) -> Mapping[str, int]:
        """Everybody who is named anywhere, by what stands for them in the record of erasures."""
        instance = await self.instance()
        rows = await self.database.fetch(EVERYBODY, {})
        return {hash_person(row["id"], instance): row["id"] for row in rows}

    async def _last_erasure(self) -> int:
        """The number of the last erasure that this database has carried out."""
        row = await self.database.fetch_one("SELECT value FROM about WHERE name = 'erasures'", {})
        return int(row["value"]) if row else 0

    async def _set_last_erasure(self, number: int) -> None:
        await self.database.fetch(
            """INSERT INTO about (name, value) VALUES ('erasures', :erasure)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
            {"erasure": str(number)},
        )

    async def cancel_withdrawn(self) -> Sequence[Job]:
        """Cancel the unfinished jobs that were withdrawn, as `Store.cancel` does; returns them."""
        return await self._run(
            QueueOperation.CANCEL_WITHDRAWN, mover="withdrawal", reason=WITHDRAWN.to_json()
        )

    async def withdrawn(self, *, after: int = 0, limit: int = 100) -> Sequence[Job]:
        """Withdrawn jobs whose files are still kept, unfinished ones too, oldest first."""
        return await self._many(
            "withdrawn = 1 AND picture <> '' AND seq > :above ORDER BY seq LIMIT :limit",
            above=after,
            limit=limit,
        )

    async def erase_withdrawn(self, job_id: str) -> None:
        """Drop the names of the files of a withdrawn job. Delete these first: only the row refers to them."""
        await self.database.fetch(ERASE_WITHDRAWN, {"id": job_id})

    async def marked_for_deletion(self, *, after: int = 0, limit: int = 100) -> Sequence[Job]:
        """Jobs marked for deletion, unfinished ones too, oldest first; the next page is `after` that seq."""
        return await self._many(
            "unwanted = 1 AND seq > :above ORDER BY seq LIMIT :limit", above=after, limit=limit
        )

    async def delete_job(self, job_id: str) -> None:
        """Delete the row. Delete its messages and files first: only the row refers to them."""
        await self.database.fetch("DELETE FROM job WHERE id = :id", {"id": job_id})

    async def joined_behind(self, job_id: str) -> Collection[str]:
        """The ids of the jobs that follow this one: their joined files may begin with its clip."""
        rows = await self.database.fetch(JOINED_BEHIND, {"id": job_id})
        return [row["id"] for row in rows]

    async def needs_picture(self, picture: str, *, beside: str) -> bool:
        """Whether a job other than `beside` may use the picture with this sha256, as first or last."""
        found = """FROM (
            SELECT 1 FROM job
            WHERE (picture = :sha OR last_picture = :sha) AND id <> :id AND withdrawn = 0 LIMIT 1
        ) AS other"""
        return bool(await self._count(found, sha=picture, id=beside))
