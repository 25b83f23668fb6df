"""/privacy: what is stored about a person and for how long, with its export and its deletion."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import app_commands, ui

from cogs.actions.context import BotContext
from cogs.actions.export import collect, pack
from cogs.i18n.catalogue import command_text, translate
from cogs.messages.replies import replace_card, send_card
from cogs.ui.cards import DEFAULT_COLOUR, build_card
from cogs.ui.components import PersistentButton
from cogs.ui.handlers import Handlers, InteractiveCog
from cogs.ui.texts import link_to
from jobs.requester import Requester
from storage import Job, Retention, StoredData, backup_times

EXPORT, FORGET, FORGET_NOW = "export", "forget", "forgetnow"
MAX_LINKS = 10  # to messages of others, in one card
OWN_DATA = "me"  # the argument of the buttons: the data of whoever presses, as the card is ephemeral


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is stored about a person; `stored` counts the files that are on the disk."""

    stored: StoredData
    drafts: int = 0
    being_deleted: int = 0
    made_by_others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What a deletion of everything leaves; `backups` by their Unix times."""

    made_by_others: Sequence[Job] = ()
    backups: Sequence[float] = ()
    server_away: bool = False


class Privacy(InteractiveCog):
    """`/privacy` and its buttons, always about the data of whoever uses them."""

    def __init__(self, context: BotContext) -> None:
        self._context = context
        self.handlers = Handlers(
            buttons={EXPORT: self._export, FORGET: self._confirm_forget, FORGET_NOW: self._forget}
        )

    @app_commands.command(description=command_text("command_privacy"))
    @app_commands.guild_only()
    @app_commands.allowed_installs(guilds=True, users=False)
    async def privacy(self, interaction: discord.Interaction) -> None:
        """Show what is stored about whoever asks."""

        async def handle(requester: Requester) -> None:
            held = await self._count(requester.user_id)
            context = self._context
            card = render_privacy(requester.locale, context.retention, held, context.documents)
            await send_card(interaction, card)

        await self._context.answer(interaction, handle)

    async def _export(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        number = 0
        async for document in collect(self._context.store, requester.user_id):
            number += 1
            text = translate(requester.locale, "privacy_exported")
            await interaction.followup.send(text, file=await pack(document, number), ephemeral=True)

    async def _confirm_forget(
        self, interaction: discord.Interaction, argument: str, requester: Requester
    ) -> None:
        remains = await self._remains(requester.user_id)
        await send_card(interaction, render_forget_question(requester.locale, remains))

    async def _forget(self, interaction: discord.Interaction, argument: str, requester: Requester) -> None:
        remains = await self._remains(requester.user_id)  # before: what others made is not known afterwards
        await self._context.store.mark_all_for_deletion(requester.user_id)
        self._context.notifier.notify()
        await replace_card(interaction, render_forget_begun(requester.locale, remains))

    async def _count(self, user_id: int) -> Held:
        """What is stored about a person: rows, and files that are kept."""
        store = self._context.store
        stored = await store.stored_data(user_id, pictures_since=0)
        pictures, clips = await self._context.files.count_of(user_id)
        return Held(
            stored=replace(stored, pictures=pictures, clips=clips),
            drafts=len(await store.drafts_of(user_id)),
            being_deleted=await store.being_deleted(user_id),
            made_by_others=len(await store.made_by_others(user_id)),
        )

    async def _remains(self, user_id: int) -> Remains:
        """What a deletion of everything would leave at this moment."""
        context = self._context
        folder = context.store.database.folder / "backups"
        return Remains(
            made_by_others=await context.store.made_by_others(user_id),
            backups=await asyncio.to_thread(backup_times, folder),
            server_away=not all(each.live for each in await context.directory.known()),
        )


def render_privacy(
    locale: str, retention: Retention, held: Held, documents: Mapping[str, str] | None = None
) -> ui.LayoutView:
    """The card: what is stored, how long, where it is sent, and how much of it is about this person.

    `documents`: links to what the operator has written, by the names of their labels.
    """
    kept = [
        translate(locale, "privacy_rows", days=f"{retention.rows:g}", number=retention.rows),
        translate(locale, "privacy_pictures", days=f"{retention.pictures:g}", number=retention.pictures),
        translate(locale, "privacy_clips", days=f"{retention.clips:g}", number=retention.clips),
        translate(locale, "privacy_account"),
        *_backups(locale, retention),
    ]
    stored = held.stored
    numbers = {
        "privacy_drafts": held.drafts,
        "privacy_made": held.made_by_others,
        "privacy_going": held.being_deleted,
    }
    counts = [
        translate(locale, "privacy_mine", jobs=stored.jobs, pictures=stored.pictures, clips=stored.clips),
        *(translate(locale, name, number=number) for name, number in numbers.items() if number),
    ]
    return build_card(
        DEFAULT_COLOUR,
        ui.TextDisplay("\n".join([translate(locale, "privacy_title"), *(f"- {line}" for line in kept)])),
        ui.Separator(),
        ui.TextDisplay(translate(locale, "privacy_where")),
        ui.Separator(),
        ui.TextDisplay("\n".join(counts)),
        ui.ActionRow[Any](
            PersistentButton(EXPORT, OWN_DATA, label=translate(locale, "button_export"), emoji="📦"),
            PersistentButton(
                FORGET,
                OWN_DATA,
                label=translate(locale, "button_forget"),
                emoji="🗑️",
                style=discord.ButtonStyle.danger,
            ),
            *(
                ui.Button[Any](label=translate(locale, name), url=url)
                for name, url in (documents or {}).items()
            ),
        ),
    )


def render_forget_question(locale: str, remains: Remains) -> ui.LayoutView:
    """A card that says what will be deleted and what stays, with a button that confirms it."""
    label = translate(locale, "button_forgetnow")
    danger = PersistentButton(FORGET_NOW, OWN_DATA, label=label, emoji="🗑️", style=discord.ButtonStyle.danger)
    text = "\n".join([translate(locale, "forget_ask"), *_remaining(locale, remains)])
    return build_card(DEFAULT_COLOUR, ui.TextDisplay(text), ui.ActionRow[Any](danger))


def render_forget_begun(locale: str, remains: Remains) -> ui.LayoutView:
    """A card that says that the deletion has begun, and what stays."""
    text = "\n".join([translate(locale, "forget_begun"), *_remaining(locale, remains)])
    return build_card(DEFAULT_COLOUR, ui.TextDisplay(text))


def _remaining(locale: str, remains: Remains) -> list[str]:
    """One line for each thing that stays."""
    lines = [translate(locale, "forget_stays_account"), translate(locale, "forget_stays_sent")]
    if made := remains.made_by_others:
        links = [f"{link_to(job)} (<t:{round(job.created_at)}:d>)" for job in made if _in_guild(job)]
        shown = " · ".join([*links[:MAX_LINKS], *(["…"] if len(made) > len(links[:MAX_LINKS]) else [])])
        lines.append(translate(locale, "forget_stays_others", number=len(made), links=shown))
    if backups := remains.backups:
        first, last = (f"<t:{round(at)}:f>" for at in (min(backups), max(backups)))
        lines.append(translate(locale, "forget_stays_backups", number=len(backups), first=first, last=last))
    if remains.server_away:
        lines.append(translate(locale, "forget_stays_gpu"))
    return [f"- {line}" for line in lines]


def _in_guild(job: Job) -> bool:
    """Whether the job's message stands in a channel of its guild, not in somebody's direct messages."""
    return job.result_channel in (None, job.channel_id)


def _backups(locale: str, retention: Retention) -> list[str]:
    """The line about backups, where any are kept."""
    return [translate(locale, "privacy_backups", number=retention.backups)] if retention.backups else []
