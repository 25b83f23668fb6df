"""Members of the guild: their commands, messages and reactions, checked as Discord's client does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.discord.emoji import MAX_REACTIONS, is_emoji
from playground.discord.interactions.commands import Command, CommandKind
from playground.discord.interactions.menus import Choice, choose, find_button, find_menu
from playground.discord.interactions.modals import Value, fill_modal
from playground.discord.interactions.options import FilledOptions, check, choices_for, descend, fill
from playground.discord.interactions.registry import Interaction, InteractionKind
from playground.discord.model import THREADS_ONLY, Channel, Message, Upload
from playground.discord.permissions import NOTHING, Permission
from playground.errors import NotPossible
from playground.tracked_job import TrackedJob
from playground.writers import Target, Writer


@dataclass(frozen=True, slots=True)
class Member(Writer):
    """A person, another bot or a webhook in the playground's guild. Made by `Playground.member`."""

    @property
    def inbox(self) -> list[Message]:
        """The direct messages between this person and the bot, oldest first."""
        state = self.playground.state
        return state.messages_in(state.dm_with(self.id).id)

    # commands

    async def animate(
        self,
        image: bytes | Path,
        prompt: str,
        *,
        filename: str = "cat.png",
        content_type: str | None = None,
        channel: Channel | None = None,
        **options: object,
    ) -> TrackedJob:
        """`/animate` with a picture. Raises OptionRefused for what Discord's client would not send."""
        data = image if isinstance(image, bytes) else await asyncio.to_thread(image.read_bytes)
        name = filename if isinstance(image, bytes) else image.name
        upload = Upload(filename=name, data=data, content_type=content_type)
        return await self.command("animate", channel=channel, image=upload, prompt=prompt, **options)

    async def command(self, name: str, /, *, channel: Channel | None = None, **options: object) -> TrackedJob:
        """A slash command, a subcommand after a space. Files are given as `Upload`, people as `User`."""
        root, *path = name.split()
        channel = channel or self.playground.channel
        command = self._command(root, CommandKind.SLASH, channel)
        limit = self.playground.state.upload_limit(channel, self.id)
        check(descend(command.definition, tuple(path)), options, limit)
        data = await self._command_data(command, tuple(path), options, channel)
        return self._open(InteractionKind.COMMAND, channel, data)

    async def menu(self, name: str, target: Target) -> TrackedJob:
        """A command of a message's context menu."""
        message = self.current(target)
        channel = self.channel_of(message)
        command = self._command(name, CommandKind.MESSAGE, channel)
        resolved = {"messages": {str(message.id): self.playground.render(message)}}
        data = {**_named(command), "target_id": str(message.id), "resolved": resolved}
        return self._open(InteractionKind.COMMAND, channel, data)

    async def autocomplete(
        self,
        name: str,
        option: str,
        typed: str,
        *,
        channel: Channel | None = None,
        timeout: float = 3.0,
        **others: object,
    ) -> list[tuple[str, object]]:
        """The choices (name, value) that the bot offers while the person types in an option."""
        root, *path = name.split()
        channel = channel or self.playground.channel
        command = self._command(root, CommandKind.SLASH, channel)
        values = {**others, option: typed}
        data = await self._command_data(command, tuple(path), values, channel, focused=option)
        interaction = self.playground.discord.interactions.open(
            InteractionKind.AUTOCOMPLETE, self.id, channel, data
        )
        await self.playground.until(lambda: interaction.answer, timeout, f"choices for {option}")
        return choices_for(interaction.choices)

    # reactions

    async def react(self, target: Target, emoji: str) -> TrackedJob:
        """React to a message; the job is what the bot makes of it, its status a reply to that message."""
        message = self.current(target)
        if message.only_for:
            raise NotPossible("nobody reacts to an ephemeral message")
        channel = self.playground.state.channel(message.channel_id)
        needed = Permission.READ_MESSAGE_HISTORY
        if emoji not in message.reactions:
            needed |= Permission.ADD_REACTIONS
        self.require(channel, needed)
        if channel.archived:
            raise NotPossible("nobody reacts in an archived thread")
        if not is_emoji(emoji, self.playground.state.emojis):
            raise NotPossible(f"{emoji} is no emoji")
        if emoji not in message.reactions and len(message.reactions) >= MAX_REACTIONS:
            raise NotPossible("there are twenty kinds of reactions")
        since = self.playground.state.ids.next()
        self.playground.state.react(message, self.id, emoji)
        return TrackedJob(self.playground, self.id, since=since, below=message)

    async def unreact(self, target: Target, emoji: str) -> None:
        """Remove one's own reaction. Raises NotPossible."""
        self.playground.state.unreact(self.current(target), self.id, emoji)

    # components

    async def press(self, target: Target, button: str) -> TrackedJob:
        """Press a button, named by its label, its emoji or its custom id. Raises NotPossible."""
        message = self.current(target)
        pressed = find_button(message, button)
        data = {"component_type": pressed["type"], "custom_id": pressed["custom_id"]}
        return self._open(InteractionKind.COMPONENT, self.channel_of(message), data, message)

    async def choose(self, target: Target, custom_id: str, *choices: Choice) -> TrackedJob:
        """Choose from a menu in a message, entries by value or label. Raises NotPossible, OptionRefused."""
        message = self.current(target)
        menu, channel, filled = find_menu(message, custom_id), self.channel_of(message), FilledOptions()
        values = await choose(self.playground.state, channel, menu, choices, filled)
        data = {"component_type": menu["type"], "custom_id": custom_id, "values": values}
        if filled.resolved:
            data["resolved"] = filled.resolved
        return self._open(InteractionKind.COMPONENT, channel, data, message)

    async def submit(self, opened: TrackedJob, *, timeout: float = 3.0, **values: Value) -> TrackedJob:
        """Fill in and send the modal that a job opened, fields by custom id; those left out stay as they are.

        A text, a `bool` for a checkbox, files as `Upload`, several choices as a list. Raises OptionRefused.
        """
        modal, interaction = await opened.opens(timeout), opened.interaction
        if interaction is None:
            raise NotPossible("a reaction opens no modal")
        channel = interaction.channel
        limit = self.playground.state.upload_limit(channel, self.id)
        data = await fill_modal(self.playground.state, channel, modal, values, limit)
        return self._open(InteractionKind.MODAL, channel, data, interaction.source, interaction)

    # what the client does

    def _command(self, name: str, kind: CommandKind, channel: Channel) -> Command:
        command = self.playground.discord.commands.find(name, kind, channel.guild_id)
        if command is None or (channel.guild_id is None and not command.works_in_dms):
            raise NotPossible(f"there is no command {name} in {channel.name}")
        if channel.kind in THREADS_ONLY:
            raise NotPossible("commands are used in a forum's posts")
        self.require(channel, Permission.USE_APPLICATION_COMMANDS | self._permissions_to_use(command))
        return command

    def _permissions_to_use(self, command: Command) -> Permission:
        """What it takes to see a command: where its permissions are none, only administrators do."""
        wanted = command.definition.get("default_member_permissions")
        if wanted is None:
            return NOTHING
        return Permission(int(str(wanted))) or Permission.ADMINISTRATOR

    async def _command_data(
        self,
        command: Command,
        path: tuple[str, ...],
        values: Mapping[str, object],
        channel: Channel,
        focused: str | None = None,
    ) -> dict[str, object]:
        filled = await fill(self.playground.state, channel, command.definition, path, values, focused)
        data = {**_named(command), "options": filled.options}
        return {**data, "resolved": filled.resolved} if filled.resolved else data

    def _open(
        self,
        kind: InteractionKind,
        channel: Channel,
        data: dict[str, object],
        source: Message | None = None,
        opener: Interaction | None = None,
    ) -> TrackedJob:
        since = self.playground.state.ids.next()
        interaction = self.playground.discord.interactions.open(kind, self.id, channel, data, source, opener)
        return TrackedJob(self.playground, self.id, since=since, below=source, interaction=interaction)


def _named(command: Command) -> dict[str, object]:
    data: dict[str, object] = {"id": str(command.id), "name": command.name, "type": command.kind}
    return {**data, "guild_id": str(command.guild_id)} if command.guild_id else data
