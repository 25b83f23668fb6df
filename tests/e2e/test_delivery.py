"""Handing over where Discord, or somebody in it, is in the way; docs/delivery.md tells each row."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.run import rerun_id
from playground.comfyui import Failure, Outcome, Stage
from playground.discord.model import Channel, Message
from playground.discord.permissions import Permission
from playground.members import Member
from playground.playground import Playground
from playground.tracked_job import TrackedJob
from storage import UploadLimit, open_store
from tests.crash.invariants import read_jobs
from tests.e2e.pictures import noise
from tests.e2e.process import BotProcess, running_bot

POST = r"^POST /channels/\d+/messages$"
PATCH = r"^PATCH /channels/\d+/messages/\d+$"


def rows(bot: BotProcess) -> list[sqlite3.Row]:
    """The jobs as the database has them."""
    with closing(sqlite3.connect(bot.folder / "data" / "animate.db")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("SELECT * FROM job ORDER BY seq").fetchall()


async def reads(bot: BotProcess, wanted: Callable[[sqlite3.Row], bool]) -> sqlite3.Row:
    """The newest row, as soon as it is as wanted."""
    async with asyncio.timeout(20):
        while not wanted(row := rows(bot)[-1]):  # noqa: ASYNC110 - no event tells of another process's rows
            await asyncio.sleep(0.05)
    return row


async def begin(
    playground: Playground, member: Member, picture: bytes, channel: Channel | None = None
) -> TrackedJob:
    """A job in the middle of its run; `playground.comfyui.resume()` lets it go on."""
    playground.comfyui.pause(Stage.SAMPLING, 2)
    job = await member.animate(picture, "it moves", seconds=1, channel=channel)
    await job.answered()
    await playground.until(
        lambda: playground.comfyui and playground.comfyui.running, 20, "the job on the GPU"
    )
    await playground.comfyui.reached(Stage.SAMPLING, 2)
    return job


def files_in(messages: list[Message]) -> list[str]:
    """The results' files, previews left out."""
    names = [file.filename for message in messages for file in message.attachments]
    return [name for name in names if name.startswith("animate-")]


def lock(playground: Playground, channel: Channel) -> None:
    playground.archive(channel, locked=True)


def cannot_reply(playground: Playground, channel: Channel) -> None:
    playground.forbid(Permission.READ_MESSAGE_HISTORY, channel)


BY_DM: dict[str, Callable[[Playground, Channel], None]] = {
    "channel gone": lambda playground, channel: playground.state.delete_channel(channel),
    "no view": lambda playground, channel: playground.forbid(Permission.VIEW_CHANNEL, channel),
    "no files": lambda playground, channel: playground.forbid(Permission.ATTACH_FILES, channel),
    "thread locked": lock,
}
IN_PLACE: dict[str, Callable[[Playground, Channel], None]] = {
    "no history to reply to": cannot_reply,
    "thread archived": lambda playground, channel: playground.archive(channel),
    "no answer": lambda playground, _: playground.discord.cut_after_processing(POST),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What Discord answers to the messages in a channel, one after the other, and where the clip ends."""

    answers: Sequence[tuple[int, int]]
    fate: str
    waits: bool = False
    replies: bool = True


IN_CHANNEL, AS_DM, NOWHERE = "in its channel", "as a DM", "nowhere"
TABLE: dict[str, Row] = {
    "unknown channel": Row([(404, 10003)], AS_DM),
    "unknown guild": Row([(404, 10004)], AS_DM),
    "unknown message": Row([(404, 10008)], IN_CHANNEL, replies=False),
    "deleted by somebody": Row([(404, 10008), (404, 10008)], NOWHERE),
    "rejected form": Row([(400, 50035)], IN_CHANNEL, replies=False),
    "no view": Row([(403, 50001)], AS_DM),
    "permission missing": Row([(403, 50013)], IN_CHANNEL, replies=False),
    "permission still missing": Row([(403, 50013), (403, 50013)], AS_DM),
    "no history": Row([(403, 160002)], IN_CHANNEL, replies=False),
    "thread archived": Row([(400, 50083)], AS_DM),
    "thread locked": Row([(403, 160005)], AS_DM),
    "forum": Row([(400, 40058)], AS_DM),
    "explicit": Row([(403, 20009)], AS_DM),
    "AutoMod": Row([(400, 200000)], IN_CHANNEL),
    "harmful link": Row([(400, 240000)], IN_CHANNEL),
    "uploads limited": Row([(403, 400001)], AS_DM),
    "too large": Row([(413, 40005)], IN_CHANNEL),
    "too large for a proxy": Row([(413, 0)], IN_CHANNEL),
    "429": Row([(429, 0)], IN_CHANNEL, waits=True),
    "slow mode": Row([(429, 20016)], IN_CHANNEL, waits=True),
    "write limit": Row([(429, 20028)], IN_CHANNEL, waits=True),
    "too many edits": Row([(429, 30046)], IN_CHANNEL, waits=True),
    "Cloudflare": Row([(403, 40333)], IN_CHANNEL, waits=True),
    "overloaded": Row([(400, 130000)], IN_CHANNEL, waits=True),
    "503": Row([(503, 0)], IN_CHANNEL, waits=True),
    "401": Row([(401, 0)], IN_CHANNEL, waits=True),
    "token expired": Row([(401, 50027)], IN_CHANNEL, waits=True),
    "takes no DMs": Row([(403, 50007)], NOWHERE),
    "no guild in common": Row([(403, 50278)], NOWHERE),
    "another 403": Row([(403, 0)], IN_CHANNEL, waits=True),
    "another 404": Row([(404, 0)], IN_CHANNEL, waits=True),
    "another code": Row([(400, 50006)], IN_CHANNEL, waits=True),
}


def channel_for(playground: Playground, name: str) -> Channel:
    return playground.thread(name) if "thread" in name else playground.channel_named(name.replace(" ", "-"))


@pytest.mark.long
async def test_a_channel_that_is_impossible_means_one_dm(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    for name, spoil in BY_DM.items():
        ada, channel = playground.member(name), channel_for(playground, name)
        await begin(playground, ada, picture, channel)
        spoil(playground, channel)
        playground.comfyui.resume()
        await playground.until(lambda ada=ada: ada.inbox or None, 20, f"a DM: {name}")
        row = await reads(bot, lambda row: row["state"] == "done")
        assert row["result_channel"] == ada.inbox[0].channel_id, name
        assert len(files_in(ada.inbox)) == 1, name
        assert files_in(playground.state.messages_in(channel.id)) == [], name


@pytest.mark.long
async def test_a_channel_that_only_resists_gets_the_clip_once(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    for name, spoil in IN_PLACE.items():
        ada, channel = playground.member(name), channel_for(playground, name)
        await begin(playground, ada, picture, channel)
        spoil(playground, channel)
        playground.comfyui.resume()
        await playground.until(
            lambda channel=channel: files_in(playground.state.messages_in(channel.id)) or None, 20, name
        )
        await reads(bot, lambda row: row["state"] == "done")
        assert len(files_in(playground.state.messages_in(channel.id))) == 1, name
        assert ada.inbox == [], name


SOME_ROWS = (
    "unknown channel",
    "deleted by somebody",
    "permission still missing",
    "harmful link",
    "too large",
    "Cloudflare",
    "another 403",
    "takes no DMs",
)


@pytest.mark.long
async def test_each_row_of_the_table_comes_true_with_its_code_and_status(
    playground: Playground, bot: BotProcess, picture: bytes, pytestconfig: pytest.Config
) -> None:
    names: dict[int, str] = {}
    rows = TABLE if pytestconfig.getoption("--long") else {name: TABLE[name] for name in SOME_ROWS}
    for name, row in rows.items():
        channel = playground.channel_named(name.replace(" ", "-"))
        names[channel.id] = name
        for status, code in row.answers:
            playground.discord.fail(status, route=rf"^POST /channels/{channel.id}/messages$", code=code)
        await (
            await playground.member(name).animate(picture, "it moves", seconds=1, channel=channel)
        ).answered()
    for job in [await told(bot, number) for number in range(len(rows))]:
        name = names[job["channel_id"]]
        row = TABLE[name]
        sent = playground.state.messages.get(job["result_message"] or 0)
        assert fate_of(job) == row.fate, name
        assert bool(job["tries"]) == row.waits, name
        assert row.fate == NOWHERE or files_in([sent] if sent else []), name
        assert row.fate != IN_CHANNEL or bool(sent and sent.reply_to) == row.replies, name


async def told(bot: BotProcess, number: int) -> sqlite3.Row:
    """The row of that number, as soon as its last word was said."""
    async with asyncio.timeout(30):
        while not (row := rows(bot)[number])["told"]:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
    return row


def fate_of(row: sqlite3.Row) -> str:
    if row["result_message"] is None:
        return NOWHERE
    return IN_CHANNEL if row["result_channel"] in (None, row["channel_id"]) else AS_DM


@pytest.mark.long
async def test_where_there_is_no_way_left_the_row_says_why(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada, channel = playground.member("ada", accepts_dms=False), playground.channel_named("short-lived")
    await begin(playground, ada, picture, channel)
    playground.state.delete_channel(channel)
    playground.comfyui.resume()
    row = await reads(bot, lambda row: bool(row["told"]))
    assert (row["state"], "channel_gone" in row["reason"]) == ("failed", True)
    await begin(playground, playground.member("bob"), picture)
    playground.state.leave(playground.guild, playground.bot_user.id)
    row = await reads(bot, lambda row: bool(row["told"]))
    assert (row["state"], "guild_left" in row["reason"]) == ("cancelled", True)


@pytest.mark.long
async def test_whoever_left_still_has_the_clip_in_the_channel(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    job = await begin(playground, ada, picture)
    playground.state.leave(playground.guild, ada.id)
    playground.comfyui.resume()
    await job.video()
    await job.says("Done")


@pytest.mark.long
async def test_a_clip_that_fits_nowhere_is_explained_with_its_first_picture(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada")
    job = await begin(playground, ada, picture)
    playground.discord.fail(status=413, times=2, route=POST)
    playground.comfyui.resume()
    await job.says("Done")
    sent = playground.messages[-1]
    assert "too large for Discord" in sent.content
    assert sent.pinged == {ada.id}
    assert [file.content_type for file in sent.attachments] == ["image/jpeg"]


@pytest.fixture
async def small_bot(playground: Playground, tmp_path: Path) -> AsyncGenerator[BotProcess]:
    """A bot that has learnt that the guild takes no file above 10 MiB."""
    ten = 10 * 2**20
    async with open_store(tmp_path / "data") as store:
        await store.set_upload_limit(
            UploadLimit(guild_id=playground.guild.id, boosted=ten, bytes=ten, learnt_at=time.time())
        )
    async with running_bot(playground, tmp_path) as bot:
        yield bot


@pytest.mark.long
async def test_a_clip_that_is_too_large_is_saved_again_by_comfyui_and_the_message_says_so(
    playground: Playground, small_bot: BotProcess
) -> None:
    clip = await (await playground.member().animate(noise(), "it moves", seconds=5)).video()
    assert "re-encoded" in clip.content
    assert [run.executed for run in playground.comfyui.runs][1:] == [("54",)]
    assert rows(small_bot)[-1]["clip"].endswith(".smaller.mp4")


@pytest.mark.long
async def test_where_comfyui_cannot_save_it_again_the_bot_makes_it_smaller_itself(
    playground: Playground, small_bot: BotProcess
) -> None:
    playground.comfyui.pause(Stage.SAVING)
    job = await playground.member().animate(noise(), "it moves", seconds=5)
    await playground.comfyui.reached(Stage.SAVING)
    playground.comfyui.reject_next()
    playground.comfyui.resume()
    assert "re-encoded" in (await job.video()).content
    assert [run.sampled for run in playground.comfyui.runs] == [True]


@pytest.mark.long
async def test_a_kill_while_comfyui_saves_a_clip_again_costs_no_second_run(
    playground: Playground, small_bot: BotProcess
) -> None:
    comfyui = playground.comfyui
    assert comfyui
    job = await playground.member().animate(noise(), "it moves", seconds=5)
    await job.answered()
    [row] = read_jobs(small_bot.folder)
    await comfyui.reached(Stage.SAVING, prompt_id=rerun_id(row))
    comfyui.pause()
    await small_bot.kill()
    await small_bot.start()
    assert "re-encoded" in (await job.video()).content
    await job.says("Done")
    comfyui.resume()
    assert rows(small_bot)[-1]["clip"] == f"{rows(small_bot)[-1]['id']}.mp4"
    assert [run.sampled for run in comfyui.runs] == [True, False]
    assert comfyui.runs[1].outcome is Outcome.INTERRUPTED


@pytest.mark.long
async def test_a_delivery_that_waits_survives_a_restart_and_counts_its_tries(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    playground.discord.fail(status=503, times=1000, route=POST)
    job = await playground.member().animate(picture, "it moves", seconds=1)
    await job.answered()
    await reads(bot, lambda row: row["tries"] >= 3)
    assert await bot.terminate() == 0
    playground.discord.heal()
    await bot.start()
    await job.video()
    await job.says("Done")
    assert rows(bot)[-1]["tries"] >= 3


@pytest.mark.parametrize("by_dm", [False, pytest.param(True, marks=pytest.mark.long)])
async def test_a_result_that_a_kill_left_unrecorded_is_found_and_not_sent_again(
    playground: Playground, bot: BotProcess, picture: bytes, by_dm: bool
) -> None:
    ada, channel = playground.member("ada"), playground.channel_named("short-lived")
    await begin(playground, ada, picture, channel)
    where = playground.state.dm_with(ada.id) if by_dm else channel
    if by_dm:
        playground.state.delete_channel(channel)
    playground.discord.cut_after_processing(rf"^POST /channels/{where.id}/messages$")
    playground.comfyui.resume()
    await playground.until(lambda: files_in(playground.state.messages_in(where.id)) or None, 20, "the clip")
    await bot.kill()
    playground.discord.advance(600)  # the nonce is forgotten
    await bot.start()
    row = await reads(bot, lambda row: row["state"] == "done")
    assert row["result_channel"] == where.id
    assert len(files_in(playground.state.messages_in(where.id))) == 1


@pytest.mark.long
async def test_deleting_the_status_of_a_waiting_job_cancels_it(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    running = await begin(playground, playground.member("bob"), picture)
    ada = playground.member("ada", permissions=Permission.MANAGE_MESSAGES)
    job = await ada.animate(picture, "it moves", seconds=1)
    await job.says("Queued")
    await ada.delete(job)
    await reads(bot, lambda row: row["state"] == "cancelled")
    playground.comfyui.resume()
    await running.video()
    assert len(playground.comfyui.runs) == 1


async def test_deleting_the_status_of_a_running_job_still_brings_the_clip(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada", permissions=Permission.MANAGE_MESSAGES)
    job = await begin(playground, ada, picture)
    await ada.delete(job)
    playground.comfyui.resume()
    await reads(bot, lambda row: bool(row["told"]))
    assert files_in(playground.messages[-1:])
    assert playground.messages[-1].pinged == {ada.id}


@pytest.mark.long
async def test_or_stops_it_where_the_owner_wants_that(tmp_path: Path, picture: bytes) -> None:
    async with (
        Playground(comfyui={"speed": 50}, patience=4) as playground,
        running_bot(playground, tmp_path, ON_DELETE="drop") as bot,
    ):
        ada = playground.member("ada", permissions=Permission.MANAGE_MESSAGES)
        job = await begin(playground, ada, picture)
        await ada.delete(job)
        row = await reads(bot, lambda row: bool(row["told"]))
        assert row["state"] == "cancelled"
        assert files_in(playground.messages) == []
        assert [run.outcome for run in playground.comfyui.runs] == [Outcome.INTERRUPTED]


@pytest.mark.long
async def test_a_failure_whose_status_was_deleted_is_told_in_a_new_message(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    ada = playground.member("ada", permissions=Permission.MANAGE_MESSAGES)
    job = await begin(playground, ada, picture)
    await ada.delete(job)
    playground.comfyui.fail_next(Failure.ERROR)
    playground.comfyui.resume()
    await reads(bot, lambda row: bool(row["told"]))
    assert "Failed" in playground.messages[-1].content
    assert playground.messages[-1].pinged == {ada.id}


@pytest.mark.long
async def test_a_last_word_that_a_kill_cut_off_is_said_at_the_next_start(
    playground: Playground, bot: BotProcess, picture: bytes
) -> None:
    job = await begin(playground, playground.member(), picture)
    playground.discord.fail(status=503, times=1000, route=PATCH)
    playground.comfyui.resume()
    await job.video()
    await reads(bot, lambda row: row["state"] == "done")
    await bot.kill()
    playground.discord.heal()
    await bot.start()
    await job.says("Done")
