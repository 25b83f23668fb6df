"""`bot.py pause`, `resume` and `announce`: what people read while they wait."""

from collections.abc import Mapping

import storage
from cli.errors import CommandFailed
from cli.operate.operation import Operation, Outcome
from cli.operate.times import iso, read_until, show_time, show_until

MAX_REASON = 200  # characters
MAX_NOTICE = 500
MAX_HOURS = 24 * 365.0


async def pause(operation: Operation) -> Outcome:
    """Begin no job from now on; replaces a pause that holds."""
    store, arguments = operation.store, operation.arguments
    until = read_until(arguments.until, store.now()) if arguments.until is not None else None
    reason = operation.text("reason", MAX_REASON)
    replaced = await store.begin_pause(until=until, reason=reason)
    load = await store.load()
    words = [
        f"Paused {show_until(until)}{_because(reason)}.",
        f"Jobs that run and go on: {load.running}; that wait: {load.queued}.",
    ]
    if until is None:
        words.append("It ends with: bot.py resume")
    if replaced:
        words.append(f"It replaces the pause {show_until(replaced.until)}{_because(replaced.reason)}.")
    facts = {"paused": True, "until": iso(until), "reason": reason, "replaced": _facts_of(replaced)}
    return Outcome(words="\n".join(words), facts={**facts, "running": load.running, "waiting": load.queued})


async def resume(operation: Operation) -> Outcome:
    """End the pause."""
    ended = await operation.store.end_pause()
    words = f"Resumed: the pause {show_until(ended.until)}{_because(ended.reason)} is over." if ended else ""
    facts = {"paused": False, "ended": _facts_of(ended)}
    return Outcome(words=words or "The bot was not paused: nothing is changed.", facts=facts)


async def announce(operation: Operation) -> Outcome:
    """Show a notice, clear it, or say which one is shown."""
    store, arguments = operation.store, operation.arguments
    before = await store.notice()
    text = operation.text("text", MAX_NOTICE)
    if arguments.clear:
        if text:
            raise CommandFailed("write a text or --clear, not both", 2)
        await store.clear_notice()
        words = f"No longer shown: {before.text}" if before else "No notice was shown: nothing is changed."
        return Outcome(words=words, facts={"notice": None, "replaced": _notice_facts(before)})
    if not text:
        if arguments.text is not None:
            raise CommandFailed("there is nothing to read in this notice: write a text, or --clear", 2)
        words = f"Shown {show_until(before.until)}: {before.text}" if before else "No notice is shown."
        return Outcome(words=words, facts={"notice": _notice_facts(before)})
    if not 0 < arguments.hours <= MAX_HOURS:
        raise CommandFailed(f"--hours: write a number of more than 0, up to {MAX_HOURS:,.0f}", 2)
    until = store.now() + arguments.hours * 3600
    await store.set_notice(text, until=until)
    words = f"Shown until {show_time(until)} under waiting jobs and in /queue: {text}"
    if before:
        words += f"\nIt replaces: {before.text}"
    facts = {"notice": {"text": text, "until": iso(until)}, "replaced": _notice_facts(before)}
    return Outcome(words=words, facts=facts)


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _facts_of(pause: storage.Pause | None) -> Mapping[str, object] | None:
    return {"until": iso(pause.until), "reason": pause.reason} if pause else None


def _notice_facts(notice: storage.Notice | None) -> Mapping[str, object] | None:
    return {"text": notice.text, "until": iso(notice.until)} if notice else None
