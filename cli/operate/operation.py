"""Runs a command on the database beside the bot, records it for the audit, and prints what came of it."""

import argparse
import contextlib
import getpass
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import storage
from cli.errors import CommandFailed
from cogs.runtime.redaction import Redactor
from cogs.runtime.setting_values import MAX_SHOWN, read_id, shown
from cogs.runtime.settings import Settings

MAX_PERSON = 2**63 - 1  # SQLite's largest integer
SHORTEST_ID = 17  # digits of the oldest ids of Discord
NOT_RECORDED = {"command", "action", "operation", "json", "person"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command did: in words, and as the JSON object that `--json` prints instead."""

    words: str
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a command is carried out with. `person`: the id that the argument PERSON names, 0 without one."""

    store: storage.Store
    settings: Settings
    arguments: argparse.Namespace
    person: int = 0

    def text(self, name: str, longest: int) -> str:
        """An argument's text as people may read it: printable, without secrets. Raises CommandFailed."""
        given = str(getattr(self.arguments, name) or "").encode(errors="replace").decode()
        text = "".join(each for each in given if each.isprintable() or each == "\n").strip()
        if len(text) > longest:
            raise CommandFailed(f"{name} is {len(text)} characters long: {longest} are possible", 2)
        return Redactor(self.settings.secrets()).redact(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCommand:
    """A command: `changes` where it is one transaction that writes."""

    run: Callable[[Operation], Awaitable[Outcome]]
    changes: bool = False


async def operate(arguments: argparse.Namespace, settings: Settings) -> int:
    """Carry out the command of `arguments.operation`; returns the exit code.

    Raises CommandFailed, StoreError: then nothing was changed.
    """
    command: OperatorCommand = arguments.operation
    async with storage.open_store_beside(settings.database()) as store:
        person = read_person(arguments.person) if "person" in arguments else 0
        operation = Operation(store=store, settings=settings, arguments=arguments, person=person)
        async with store.database.transaction() if command.changes else contextlib.nullcontext():
            await _record(operation)
            outcome = await command.run(operation)
    print(json.dumps(outcome.facts, ensure_ascii=False) if arguments.json else outcome.words)
    return 0


async def _record(operation: Operation) -> None:
    """Write who runs what into the audit table, without secrets."""
    given = vars(operation.arguments)
    redact = Redactor(operation.settings.secrets()).redact
    name = " ".join(str(given[each]) for each in ("command", "action") if given.get(each))
    values = {
        key: redact(str(value).encode(errors="replace").decode())
        for key, value in given.items()
        if key not in NOT_RECORDED and value is not None and value is not False
    }
    await operation.store.record(shell_user(), name, values, person=operation.person or None)


def shell_user() -> str:
    """The user of the shell, and who they were before sudo; the number of one without a name."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user has no name; Windows has no module pwd
        user = f"uid {os.getuid()}" if os.name == "posix" else "unknown"
    before = os.environ.get("SUDO_USER")
    return f"{before} as {user}" if before and before != user else user


def read_person(text: str) -> int:
    """The id of the person that somebody names by an id or a mention. Raises CommandFailed."""
    try:
        found = read_id(text.strip())
    except ValueError as err:
        raise CommandFailed(
            f"{shown(text)} is nobody known here: the database holds ids, no names. Write the id or mention "
            "(in Discord: Settings, Advanced, Developer Mode; then right click on the person, Copy User ID)",
            2,
        ) from err
    if found > MAX_PERSON:
        raise CommandFailed(f"{text[:MAX_SHOWN]} is no id of Discord: it is too large", 2)
    return found


def is_discord_id(number: int) -> bool:
    """Whether it is as long as ids of Discord are."""
    return len(str(number)) >= SHORTEST_ID
