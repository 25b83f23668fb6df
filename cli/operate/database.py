"""`bot.py vacuum` and `audit`: the file of the database, and who ran which command."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import storage
from cli.errors import CommandFailed
from cli.operate.operation import Operation, Outcome
from cli.operate.people import MAX_DAYS
from cli.operate.times import iso, show_time
from cli.tables import format_table


async def vacuum(operation: Operation) -> Outcome:
    """Return the free space of the database to the disk."""
    done = await storage.vacuum(operation.store)
    how = "written anew" if done.whole else "made smaller beside the running bot"
    before, after = done.before / 1e6, done.after / 1e6
    words = f"The database is {how}: {before:.1f} MB before, {after:.1f} MB now, {before - after:.1f} MB won."
    return Outcome(words=words, facts=asdict(done))


async def audit(operation: Operation) -> Outcome:
    """The commands of the last days, the newest first."""
    days = operation.arguments.days
    if not 0 < days <= MAX_DAYS:
        raise CommandFailed(f"--days: write a number of more than 0, up to {MAX_DAYS:,.0f}", 2)
    entries = await operation.store.audit(since=operation.store.now() - days * 86400)
    facts = {"entries": [_facts(each) for each in entries]}
    table = format_table(("at", "who", "command", "about", "with"), [_row(each) for each in entries])
    return Outcome(words=table, facts=facts)


def _facts(entry: storage.AuditEntry) -> Mapping[str, object]:
    return {**asdict(entry), "at": iso(entry.at), "person": str(entry.person) if entry.person else None}


def _row(entry: storage.AuditEntry) -> Sequence[str]:
    given = json.dumps(entry.arguments, ensure_ascii=False) if entry.arguments else ""
    return (show_time(entry.at), entry.who, entry.command, str(entry.person or ""), given)
