"""Handing over: the clip fitted to what Discord takes, one result message, the 🔁 under it."""

import asyncio
import logging
from collections.abc import Iterator

import aiohttp
import discord

import media
from cogs.presenter import Presenter
from cogs.render import render_done, render_result
from cogs.status import reply, result_nonce
from cogs.trouble import Trouble
from cogs.words import say
from storage import Files, Job, Lease, State, Store

log = logging.getLogger(__name__)

REROLL = "🔁"
UPLOAD_LIMIT = 10 * 2**20  # bytes: what Discord takes everywhere
HEADROOM = 64 * 1024  # bytes: the rest of the request
PATIENCE = 120.0  # seconds for one request; a repeated one is the same message, by its nonce
COMMENT = "AI-generated"  # in the container; never the prompt
LOOK_BACK = 100  # messages read when a crash may have hidden our own
UNKNOWN_CHANNEL = 10003
TOO_LARGE = 40005


class Delivery:
    """Delivers finished clips by the bot's own token: no interaction lives long enough."""

    def __init__(
        self,
        client: discord.Client,
        *,
        store: Store,
        files: Files,
        pictures: media.Media,
        presenter: Presenter,
    ) -> None:
        self._client = client
        self._store = store
        self._files = files
        self._media = pictures
        self._presenter = presenter

    async def deliver(self, lease: Lease) -> None:
        """Send the result of a job in state `delivering`, once. Raises Trouble, MediaError, LeaseLost."""
        job = lease.job
        self._presenter.show(job, say(job.locale, "delivering"))
        message = await self._find_sent(lease) or await self._send_patiently(job)
        lease = await self._store.move(lease, State.DONE, result_message=message.id)
        log.info("job %s: delivered", job.id)
        self._presenter.finish(lease.job, render_done(lease.job, message.jump_url))
        await self._offer_reroll(message)

    async def _find_sent(self, lease: Lease) -> discord.Message | None:
        """Our own result, sent by a process that died before the row said so."""
        job = lease.job
        if not lease.adopted or job.status_message is None:
            return None
        after = discord.Object(job.status_message)
        try:
            async with asyncio.timeout(PATIENCE):
                async for message in self._channel(job).history(limit=LOOK_BACK, after=after):
                    if any(each.filename == clip_name(job) for each in message.attachments):
                        return message
        except (discord.HTTPException, aiohttp.ClientError, OSError) as err:
            log.info("job %s: cannot look for a result sent before: %s", job.id, err)
        return None

    async def _send_patiently(self, job: Job) -> discord.Message:
        """Try until Discord takes it or says that it never will. Raises Trouble."""
        fitted = await self._fit(job)
        for wait in _waits():
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self._send(job, fitted)
            except discord.HTTPException as err:
                if not _may_pass(err):
                    raise _trouble(err) from err
                log.warning("job %s: Discord did not take the result: %s", job.id, err)
            except (aiohttp.ClientError, OSError) as err:
                log.warning("job %s: Discord cannot be reached: %s", job.id, err)
            await asyncio.sleep(wait)
        raise Trouble("internal")

    async def _send(self, job: Job, fitted: media.Fitted) -> discord.Message:
        owner = discord.AllowedMentions(
            everyone=False, roles=False, users=[discord.Object(job.user_id)], replied_user=False
        )
        return await self._channel(job).send(
            render_result(job, reencoded=fitted.how not in (media.How.UNTOUCHED, media.How.REMUXED)),
            file=discord.File(fitted.path, filename=clip_name(job)),
            **reply(job, job.status_message),
            allowed_mentions=owner,
            nonce=result_nonce(job),
        )

    async def _fit(self, job: Job) -> media.Fitted:
        guild = self._client.get_guild(job.guild_id)
        limit = max(guild.filesize_limit if guild else 0, UPLOAD_LIMIT) - HEADROOM
        source = self._files.clip(job.clip or f"{job.id}.mp4")
        return await self._media.fit_clip(
            source, source.with_suffix(".fitted.mp4"), limit=limit, comment=COMMENT
        )

    async def _offer_reroll(self, message: discord.Message) -> None:
        """People's own 🔁 works all the same where the bot may not react."""
        try:
            async with asyncio.timeout(PATIENCE):
                await message.add_reaction(REROLL)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as err:
            log.info("cannot put 🔁 under a result: %s", err)

    def _channel(self, job: Job) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)


def clip_name(job: Job) -> str:
    """The file's name for people; it also tells our own message after a crash."""
    return f"animate-{job.short}.mp4"


def _may_pass(err: discord.HTTPException) -> bool:
    return err.status == 429 or err.status >= 500


def _trouble(err: discord.HTTPException) -> Trouble:
    if err.code == TOO_LARGE or err.status == 413:
        return Trouble("too_large")
    return Trouble("channel_gone" if err.code == UNKNOWN_CHANNEL else "cannot_send")


def _waits() -> Iterator[float]:
    """Seconds between tries: 1, 2, 4 … a minute, for about a day."""
    yield from (1, 2, 4, 8, 16, 32)
    yield from (60 for _ in range(24 * 60))
