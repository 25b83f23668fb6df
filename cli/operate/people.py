"""`bot.py ban`, `unban`, `usage` and `export`: what concerns one person, or all of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import storage
from cli.errors import CommandFailed
from cli.operate.operation import Operation, Outcome, is_discord_id, read_person
from cli.operate.pause import MAX_REASON
from cli.operate.times import iso, read_until, show_until
from cli.tables import format_table
from cogs.actions.export import collect

MAX_DAYS = 36500.0


async def ban(operation: Operation) -> Outcome:
    """Refuse a person's requests and cancel their waiting jobs; replaces a ban of the same place."""
    store, arguments, person = operation.store, operation.arguments, operation.person
    guild = _guild_of(operation)
    until = read_until(arguments.until, store.now()) if arguments.until is not None else None
    reason = operation.text("reason", MAX_REASON)
    known = await store.knows_person(person)
    if not known and not is_discord_id(person):
        raise CommandFailed(f"nobody with the id {person} is known here, and it is too short to be one", 2)
    before = await _ban_of(store, person, guild)
    cancelled = await store.block(person, guild_id=guild, until=until, reason=reason)
    words = [
        f"{person} is banned {_place(guild)} {show_until(until)}. Waiting jobs cancelled: {len(cancelled)}."
    ]
    if not known:
        words.append("Nobody with this id has asked for anything yet.")
    if before:
        words.append(f"It replaces the ban {show_until(before.until)}.")
    facts = {
        "person": str(person),
        "guild": str(guild) if guild else None,
        "until": iso(until),
        "reason": reason,
        "known": known,
    }
    replaced = {"until": iso(before.until), "reason": before.reason} if before else None
    return Outcome(
        words="\n".join(words),
        facts={**facts, "cancelled": [job.id for job in cancelled], "replaced": replaced},
    )


async def unban(operation: Operation) -> Outcome:
    """Undo a ban."""
    store, person, guild = operation.store, operation.person, _guild_of(operation)
    before = await _ban_of(store, person, guild)
    if before is None and not await store.knows_person(person):
        raise CommandFailed(f"nobody with the id {person} is known here: nothing is changed", 2)
    await store.unblock(person, guild_id=guild)
    words = [
        f"{person} may ask again {_place(guild)}."
        if before
        else f"{person} was not banned {_place(guild)}: nothing is changed."
    ]
    others = [each for each in await store.bans() if each.user_id == person]
    words += [f"They stay banned {_place(each.guild_id)} {show_until(each.until)}." for each in others]
    if person in operation.settings.blocked_users:
        words.append("BLOCKED_USERS of the settings names them too, which takes a restart to change.")
    return Outcome(
        words="\n".join(words),
        facts={
            "person": str(person),
            "guild": str(guild) if guild else None,
            "was_banned": before is not None,
        },
    )


async def usage(operation: Operation) -> Outcome:
    """Who used how much GPU time."""
    days = operation.arguments.days
    if not 0 < days <= MAX_DAYS:
        raise CommandFailed(f"--days: write a number of more than 0, up to {MAX_DAYS:,.0f}", 2)
    found = await operation.store.usage(since=operation.store.now() - days * 86400)
    total = sum(each.gpu_seconds for each in found)
    facts = {"days": days, "gpu_seconds": total, "people": [_usage_facts(each) for each in found]}
    if not found:
        return Outcome(words=f"No job has ended in the last {days:g} days.", facts=facts)
    rows = [_usage_row(each, total) for each in found]
    table = format_table(("person", "GPU seconds", "share", "done", "failed", "cancelled"), rows)
    return Outcome(words=f"{table}\n{total:.0f} GPU seconds in the last {days:g} days", facts=facts)


def _usage_facts(usage: storage.Usage) -> Mapping[str, object]:
    return {**asdict(usage), "user_id": str(usage.user_id)}


def _usage_row(usage: storage.Usage, total: float) -> Sequence[str]:
    share = usage.gpu_seconds / total if total else 0.0
    counts = (usage.done, usage.failed, usage.cancelled)
    return (str(usage.user_id), f"{usage.gpu_seconds:.1f}", f"{share:.0%}", *map(str, counts))


async def export(operation: Operation) -> Outcome:
    """Write all that is stored about a person into files, as /privacy does for themselves."""
    store, person = operation.store, operation.person
    if not await store.knows_person(person):
        raise CommandFailed(f"nothing is stored about {person}", 2)
    folder, written = Path(operation.arguments.out), list[Path]()
    async for document in collect(store, person):
        path = folder / f"animate-{person}-{len(written) + 1}.json"
        await asyncio.to_thread(_write, path, document)
        written.append(path.absolute())
    words = "\n".join(["All that is stored about them, without pictures and clips:", *map(str, written)])
    return Outcome(words=words, facts={"person": str(person), "files": list(map(str, written))})


def _write(path: Path, document: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document)
    except OSError as err:
        raise CommandFailed(f"{path} cannot be written: {err.strerror or err}", 2) from err


def _guild_of(operation: Operation) -> int:
    """The id of --guild; 0 without one, which is everywhere. Raises CommandFailed."""
    text: str | None = operation.arguments.guild
    if text is None:
        return 0
    try:
        guild = read_person(text)
    except CommandFailed as err:
        raise CommandFailed(
            f"--guild {text[:80]} is no id of a server: it is a number, of 17 digits or more", 2
        ) from err
    return guild


async def _ban_of(store: storage.Store, person: int, guild: int) -> storage.Ban | None:
    found: Mapping[tuple[int, int], storage.Ban] = {
        (each.user_id, each.guild_id): each for each in await store.bans()
    }
    return found.get((person, guild))


def _place(guild: int) -> str:
    return f"in the server {guild}" if guild else "everywhere"
