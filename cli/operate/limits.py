"""`bot.py limits`: the limits of the settings that can change while the bot runs."""

from collections.abc import Mapping

from pydantic import ValidationError

from cli.errors import CommandFailed
from cli.operate.operation import Operation, Outcome
from cli.tables import format_table
from cogs.runtime.setting_mistakes import describe
from cogs.runtime.setting_values import NO_LIMIT, clean, shown
from cogs.runtime.settings import Settings

FIELDS: Mapping[str, str] = {
    "MAX_QUEUED_PER_USER": "queued_per_person",
    "MAX_QUEUED_PER_GUILD": "queued_per_guild",
    "MAX_RUNNING_PER_GUILD": "running_per_guild",
    "GPU_SECONDS_PER_USER": "gpu_seconds_per_person",
    "GPU_SECONDS_PER_GUILD": "gpu_seconds_per_guild",
    "STRANGERS_DAILY_GPU_SECONDS": "gpu_seconds_of_strangers",
    "COOLDOWN": "cooldown",
    "LONGEST_WAIT_HOURS": "longest_wait",
}
"""The field of QueueLimits for each setting."""
SECONDS = {"LONGEST_WAIT_HOURS": 3600.0}  # how many of the field's units one of the setting's is
BACK = "default"


async def show(operation: Operation) -> Outcome:
    """The limits in force, and those of the settings."""
    overrides = await operation.store.limit_overrides()
    facts = {name: _facts(operation.settings, name, overrides) for name in FIELDS}
    rows = [
        (
            name,
            _number(each["value"]),
            _number(each["setting"]),
            "limits set" if each["changed"] else "settings",
        )
        for name, each in facts.items()
    ]
    return Outcome(words=format_table(("limit", "now", "settings", "by"), rows), facts=facts)


async def change(operation: Operation) -> Outcome:
    """Change limits until somebody gives them back to the settings, also over restarts."""
    wanted = [_read(operation.settings, each) for each in operation.arguments.values]
    before = await operation.store.limit_overrides()
    for name, value in wanted:
        if value == BACK:
            await operation.store.restore_limit(FIELDS[name])
        else:
            await operation.store.override_limit(FIELDS[name], _in_units(value, name))
    after = await operation.store.limit_overrides()
    changed = {
        name: {
            **_facts(operation.settings, name, after),
            "before": _facts(operation.settings, name, before)["value"],
        }
        for name, _ in wanted
    }
    words = [
        f"{name} is {_number(each['value'])} from now on; it was {_number(each['before'])}."
        + ("" if each["changed"] else " That is what the settings say.")
        for name, each in changed.items()
    ]
    return Outcome(words="\n".join(words), facts=changed)


def _read(settings: Settings, text: str) -> tuple[str, float | str | None]:
    """The name and value of NAME=VALUE: a number, None for no limit, or BACK. Raises CommandFailed."""
    name, equals, value = text.partition("=")
    name, value = clean(name).upper(), clean(value)
    if not equals:
        raise CommandFailed(f"{shown(text)}: write NAME=VALUE, such as MAX_QUEUED_PER_USER=3", 2)
    if name not in FIELDS:
        raise CommandFailed(
            f"{shown(name)} cannot change while the bot runs. Limits that can: {', '.join(FIELDS)}",
            2,
        )
    if value.casefold() == BACK:
        return name, BACK
    if not value:
        raise CommandFailed(f"{name}: write a number, none, or default for what the settings say", 2)
    if value.casefold() in NO_LIMIT:
        return name, None
    checked = settings.model_copy()
    try:
        Settings.__pydantic_validator__.validate_assignment(checked, name.lower(), value)
    except ValidationError as err:
        raise CommandFailed(describe(err.errors()[0]), 2) from err
    return name, getattr(checked, name.lower())


def _facts(settings: Settings, name: str, overrides: Mapping[str, float | None]) -> Mapping[str, object]:
    setting, is_changed = getattr(settings, name.lower()), FIELDS[name] in overrides
    value = _in_setting(overrides[FIELDS[name]], name) if is_changed else setting
    return {"value": value, "setting": setting, "changed": is_changed}


def _in_units(value: float | str | None, name: str) -> float | None:
    return None if value is None else float(value) * SECONDS.get(name, 1.0)


def _in_setting(value: float | None, name: str) -> float | None:
    return None if value is None else value / SECONDS.get(name, 1.0)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else "none"
