"""Everything that writes a job's messages, opened together."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

import discord

from cogs.discord_api.scheduler import RequestScheduler
from cogs.messages.announcer import DiscordAnnouncer
from cogs.messages.bot_reactions import BotReactions, PendingReaction
from cogs.messages.delivery import Delivery
from cogs.messages.guild_lookup import GuildLookup
from cogs.messages.interaction_tokens import InteractionTokens
from cogs.messages.lost_status import LostStatusHandler, OnDelete
from cogs.messages.reaction_replies import ReactionReplies, open_reaction_replies
from cogs.messages.status import StatusMessages
from cogs.messages.status_editor import EditorContext, StatusEditor, open_status_editor
from cogs.messages.status_writer import StatusWriter
from cogs.messages.stray_results import StrayResults
from cogs.messages.upload_limits import UploadLimits, load_upload_limits
from comfy import Workflow
from jobs.announcer import Announcer
from jobs.notifier import QueueNotifier
from media import Media
from storage import Blobs, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMessages:
    """What writes status messages, results and the bot's own reactions."""

    announcer: Announcer
    status: StatusMessages
    status_editor: StatusEditor
    lost_status: LostStatusHandler
    bot_reactions: BotReactions
    pending_reaction: PendingReaction
    reaction_replies: ReactionReplies
    upload_limits: UploadLimits
    interaction_tokens: InteractionTokens
    stray_results: StrayResults


@contextlib.asynccontextmanager
async def open_job_messages(
    client: discord.Client,
    *,
    scheduler: RequestScheduler,
    store: Store,
    files: Blobs,
    pictures: Media,
    notifier: QueueNotifier,
    on_delete: OnDelete,
    workflows: Mapping[str, Workflow],
    writer: StatusWriter = StatusWriter.ALL,
    link_seconds: float = 0.0,
) -> AsyncGenerator[JobMessages]:
    """Build them on a client that is logged in; stops the status editor at the end. Raises StoreError.

    `writer`: the part of this process among those that edit statuses. `link_seconds`: see `Delivery`.
    """
    lost_status = LostStatusHandler(client, scheduler, store, notifier, on_delete)
    bot_reactions = BotReactions(client)
    pending_reaction = PendingReaction(bot_reactions, store)
    guilds = GuildLookup(client)
    upload_limits = await load_upload_limits(guilds, store)
    interaction_tokens = InteractionTokens()
    editor_context = EditorContext(
        channel_of=client.get_partial_messageable,
        scheduler=scheduler,
        store=store,
        lost_status=lost_status,
        pending_reaction=pending_reaction,
        interaction_tokens=interaction_tokens,
        writer=writer,
    )
    async with (
        open_reaction_replies(client, scheduler) as reaction_replies,
        open_status_editor(editor_context) as status_editor,
        asyncio.TaskGroup() as tasks,
    ):
        delivery = Delivery(
            client,
            scheduler=scheduler,
            store=store,
            files=files,
            pictures=pictures,
            status_editor=status_editor,
            bot_reactions=bot_reactions,
            guilds=guilds,
            upload_limits=upload_limits,
            workflows=workflows,
            link_seconds=link_seconds,
        )
        status = StatusMessages(
            client,
            scheduler=scheduler,
            store=store,
            status_editor=status_editor,
            lost_status=lost_status,
            tasks=tasks,
        )
        try:
            yield JobMessages(
                announcer=DiscordAnnouncer(status_editor, delivery),
                status=status,
                status_editor=status_editor,
                lost_status=lost_status,
                bot_reactions=bot_reactions,
                pending_reaction=pending_reaction,
                reaction_replies=reaction_replies,
                upload_limits=upload_limits,
                interaction_tokens=interaction_tokens,
                stray_results=StrayResults(client, store),
            )
        finally:
            status.close()
