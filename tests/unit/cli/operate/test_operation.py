"""Each command beside a running bot: what people read, what the operator reads, what is recorded."""

import asyncio
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.errors import CommandFailed
from cli.operate.operation import shell_user
from cogs.i18n.catalogue import translate
from cogs.ui.texts import render_pause
from storage import Pause, State
from tests.playground.small_bot import picture
from tests.sampling import one_in
from tests.unit.cli.operate.operate_setup import Commands
from tests.unit.cogs.bot_setup import BotSetup, running_application

LANGUAGES = ("en-US", "zh-CN", "zh-TW")


async def refused(commands: Commands, *arguments: str) -> str:
    """The one sentence of a command that is not carried out."""
    with pytest.raises(CommandFailed) as error:
        await commands.run(*arguments)
    assert error.value.code == 2
    assert "\n" not in str(error.value)
    return str(error.value)


async def test_people_read_a_pause_where_they_wait_and_jobs_start_after_it(
    bot: BotSetup, commands: Commands
) -> None:
    ada = bot.playground.member("ada")
    waits = await bot.queued(ada)
    told = await commands.facts("pause", "--until", "2h", "--reason", "new *disk*")
    assert (told["waiting"], told["running"], told["replaced"]) == (1, 0, None)
    pause = await bot.context.store.pause()
    assert pause
    assert pause.until == pytest.approx(time.time() + 7200, abs=60)
    await bot.reads(waits.status_message, render_pause("en-US", pause))
    assert r"new \*disk\*" in bot.status(waits).content
    assert f"<t:{int(pause.until or 0) + 1}:R>" in bot.status(waits).content
    asked = await bot.queued(ada, "b")
    assert render_pause("en-US", pause) in await bot.context.status_text(asked)
    card = await (await ada.command("queue")).shows(render_pause("en-US", pause))
    assert "ready" not in card.text
    assert await bot.context.store.claim("gpu", {waits.params.workflow}) is None
    assert "is over" in await commands.run("resume")
    await bot.reads(waits.status_message, translate("en-US", "queued_no_server"))
    assert await bot.context.store.claim("gpu", {waits.params.workflow})
    assert "was not paused" in await commands.run("resume")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_pause_is_told_in_each_language(locale: str) -> None:
    endless = render_pause(locale, Pause(since=0))
    ends = render_pause(locale, Pause(since=0, until=99.5, reason="<@1>"))
    assert "<t:100:R>" in ends
    assert r"\<" in ends
    assert "<t:" not in endless
    assert (locale == "en-US") == ("paused" in endless)


@pytest.mark.long
async def test_a_pause_holds_over_a_restart(tmp_path: Path, commands: Commands) -> None:
    folder = tmp_path / "data"
    commands = replace(commands, folder=folder)
    async with running_application(folder) as before:
        waits = await before.queued(before.playground.member("ada"))
        await commands.run("pause", "--reason", "moving")
    async with running_application(folder) as after:
        text = await after.context.status_text(await after.context.store.job(waits.id))
        assert "(Reason: moving)" in text
        assert await after.context.store.claim("gpu", {waits.params.workflow}) is None
        await commands.run("resume")
        assert await after.context.store.claim("gpu", {waits.params.workflow})


async def test_the_later_of_two_operators_reads_what_they_replaced(
    opened: BotSetup, commands: Commands
) -> None:
    await commands.run("pause", "--reason", "first")
    assert "It replaces the pause without an end (first)." in await commands.run("pause", "--until", "1d")
    for wrong in ("yesterday", "2020-01-01", ""):
        await refused(commands, "pause", "--until", wrong)
    held = await opened.context.store.pause()
    assert held
    assert (held.reason, held.until is not None) == ("", True)
    await commands.run("ban", "175928847299117063")
    words = await commands.run("ban", "175928847299117063", "--until", "2h")
    assert "It replaces the ban without an end." in words
    assert (await commands.facts("resume"))["ended"]["reason"] == ""


async def test_a_notice_stands_under_waiting_jobs_and_in_the_queue(bot: BotSetup, commands: Commands) -> None:
    ada = bot.playground.member("ada")
    waits = await bot.queued(ada)
    assert await commands.run("announce") == "No notice is shown.\n"
    await commands.run("announce", "Maintenance tonight @everyone", "--hours", "2")
    shown = translate("en-US", "notice", text="Maintenance tonight @\u200beveryone")
    await bot.reads(waits.status_message, shown)
    await (await ada.command("queue")).shows(shown)
    assert "It replaces: Maintenance" in await commands.run("announce", "Done")
    assert (await commands.facts("announce", "--clear"))["replaced"]["text"] == "Done"
    async with asyncio.timeout(5):
        while "📢" in bot.status(waits).content:
            await bot.context.notifier.wait(0.1)
    for wrong in (["x", "--hours", "0"], ["x", "--hours", "nan"], ["x", "--clear"], [" "], ["x" * 501]):
        await refused(commands, "announce", *wrong)
    assert await bot.context.store.notice() is None


async def test_a_ban_ends_waiting_jobs_and_says_why_and_until_when(bot: BotSetup, commands: Commands) -> None:
    ada, store = bot.playground.member("ada"), bot.context.store
    waits = await bot.queued(ada)
    guild = str(bot.playground.guild.id)
    words = await commands.run("ban", ada.mention, "--guild", guild, "--until", "1d", "--reason", "spam")
    assert "Waiting jobs cancelled: 1." in words
    await bot.reads(waits.status_message, translate("en-US", "reason_blocked"))
    async with asyncio.timeout(5):
        while await store.unannounced_ends():
            await bot.context.notifier.wait(0.1)
    refusal = await (await ada.animate(picture(), "a cat")).refused()
    assert translate("en-US", "refused_blocked_people") in refusal
    assert "(Reason: spam)" in refusal
    assert "<t:" in refusal
    (known,) = await store.bans()
    assert (known.user_id, known.guild_id, known.reason) == (ada.id, bot.playground.guild.id, "spam")
    other = await commands.run("unban", str(ada.id))
    assert "was not banned everywhere" in other
    assert f"They stay banned in the server {guild}" in other
    assert (await commands.facts("unban", str(ada.id), "--guild", guild))["was_banned"] is True
    assert await store.bans() == []


@pytest.mark.parametrize(
    "person", one_in(4, ["ada", "", "0", "-1", "<@>", "12", str(2**63), "9" * 30, "1 OR 1=1"])
)
async def test_an_unknown_person_is_said_to_be_unknown(
    opened: BotSetup, commands: Commands, person: str
) -> None:
    for command in ("ban", "unban", "export"):
        await refused(commands, command, "--", person)
    await refused(commands, "ban", "175928847299117063", "--guild", "")
    await refused(commands, "export", "175928847299117063")
    assert await opened.context.store.bans() == []


async def test_limits_hold_at_once_and_are_given_back(bot: BotSetup, commands: Commands) -> None:
    ada, store = bot.playground.member("ada"), bot.context.store
    await bot.queued(ada)
    changed = await commands.facts("limits", "set", "max_queued_per_user=1", "LONGEST_WAIT_HOURS=2")
    assert changed["MAX_QUEUED_PER_USER"] == {"value": 1, "setting": 5, "changed": True, "before": 5}
    assert changed["LONGEST_WAIT_HOURS"]["value"] == 2
    await bot.until(lambda: store.limits.queued_per_person == 1)
    assert store.limits.longest_wait == 7200
    answer = await (await ada.animate(picture(), "a cat")).refused()
    assert answer == translate("en-US", "refused_queued_per_person", number=1)
    assert "limits set" in await commands.run("limits", "show")
    wrong = (
        "MAX_QUEUED_PER_USER=0",
        "COOLDOWN=-1",
        "COOLDOWN=nan",
        "COOLDOWN",
        "COOLDOWN=",
        "KEEP_DAYS=1",
        "=1",
    )
    for each in wrong:
        await refused(commands, "limits", "set", "MAX_QUEUED_PER_USER=4", each)
    assert (await commands.facts("limits", "show"))["MAX_QUEUED_PER_USER"]["value"] == 1
    await commands.run("limits", "set", "MAX_QUEUED_PER_USER=none", "LONGEST_WAIT_HOURS=default")
    await bot.until(lambda: store.limits.queued_per_person is None)
    assert store.limits.longest_wait == 24 * 3600


async def test_jobs_are_listed_without_words_and_cancelled(bot: BotSetup, commands: Commands) -> None:
    ada, store = bot.playground.member("ada"), bot.context.store
    assert "No job waits" in await commands.run("jobs", "list")
    runs = await bot.queued(ada, "a", prompt="private words")
    lease = await store.claim("gpu", {runs.params.workflow})
    assert lease
    await store.move(lease, State.RUNNING)
    waits = await bot.queued(ada, "b", prompt="private words")
    words = await commands.run("jobs", "list")
    assert "private" not in words
    assert words.index(runs.short) < words.index(waits.short)
    assert [each["id"] for each in (await commands.facts("jobs", "list"))["jobs"]] == [runs.id, waits.id]
    assert len((await commands.facts("jobs", "list", "--limit", "1"))["jobs"]) == 1
    assert "is cancelled" in await commands.run("jobs", "cancel", waits.short)
    await bot.reads(waits.status_message, translate("en-US", "reason_by_operator"))
    assert "the bot stops it" in await commands.run("jobs", "cancel", f"#{runs.id}")
    await bot.reads(runs.status_message, translate("en-US", "stopping"))
    assert "has ended already (cancelled)" in await refused(commands, "jobs", "cancel", waits.id)
    for wrong in ("", "zzzz", "00", "%", "ffffffff"):
        assert "there is no job" in await refused(commands, "jobs", "cancel", wrong)


async def test_usage_export_vacuum_and_audit(opened: BotSetup, commands: Commands, tmp_path: Path) -> None:
    ada = opened.playground.member("ada")
    assert "No job has ended" in await commands.run("usage")
    done = await opened.done(ada, prompt="her own words")
    assert str(ada.id) in await commands.run("usage", "--days", "0.5")
    (used,) = (await commands.facts("usage"))["people"]
    assert (used["user_id"], used["done"], used["gpu_seconds"]) == (str(ada.id), 1, 2.0)
    exported = await commands.facts("export", str(ada.id), "--out", str(tmp_path / "out"))
    (path,) = exported["files"]
    document = json.loads(Path(path).read_text("utf-8"))  # noqa: ASYNC240 - a small file
    assert [job["id"] for job in document["jobs"]] == [done.id]
    assert "her own words" in json.dumps(document)
    assert (await commands.facts("vacuum"))["whole"] is False
    assert "export" in await commands.run("audit")
    for wrong in ("0", "-1", "nan", "inf"):
        await refused(commands, "usage", "--days", wrong)
        await refused(commands, "audit", "--days", wrong)


async def test_each_command_is_recorded_with_the_user_of_the_shell_and_without_secrets(
    opened: BotSetup, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "a-secret-token-of-the-bot"  # noqa: S105
    commands = replace(commands, settings={"discord_token": SecretStr(token)})
    monkeypatch.setenv("LOGNAME", "grace")
    await commands.run("pause", "--reason", f"see {token}")
    await commands.run("ban", "<@175928847299117063>", "--until", "2h")
    await refused(commands, "ban", "nobody")
    ban, pause = await commands.audit()
    assert (ban.command, ban.who, ban.person) == ("ban", "grace", 175928847299117063)
    assert ban.arguments == {"until": "2h"}
    assert (pause.command, pause.arguments) == ("pause", {"reason": "see [hidden]"})
    held = await opened.context.store.pause()
    assert held
    assert held.reason == "see [hidden]"


def test_the_user_of_the_shell_is_named_as_well_as_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOGNAME", "root")
    monkeypatch.setenv("SUDO_USER", "ada")
    assert shell_user() == "ada as root"
    monkeypatch.delenv("SUDO_USER")
    monkeypatch.delenv("LOGNAME")
    if os.name == "posix":
        monkeypatch.setattr("os.getuid", lambda: 54321)  # as in a container
        assert shell_user() == "uid 54321"
