"""What the page shows to one member, as JSON: Discord's own shapes and what a client adds."""

from yarl import URL

from playground.discord.change_feed import Change
from playground.discord.json_values import as_id
from playground.discord.model import Channel, ChannelKind, Message
from playground.discord.render.guilds import render_user
from playground.members import Member
from playground.page.personas import LANGUAGES, PEOPLE
from playground.playground import Playground

Data = dict[str, object]


class View:
    """The guild and the direct messages with the bot, as one member sees them."""

    def __init__(self, playground: Playground, viewer: Member) -> None:
        self._playground = playground
        self._viewer = viewer

    @property
    def locale(self) -> str:
        """Discord's code of the language that the member reads."""
        return self._viewer.user.locale

    def about(self) -> Data:
        """Everything but the messages."""
        playground = self._playground
        return {
            "me": str(self._viewer.id),
            "visitors": [
                {"name": name, "locale": each.locale, "about": each.about} for name, each in PEOPLE.items()
            ],
            "languages": LANGUAGES,
            "bot": render_user(playground.bot_user),
            "online": playground.discord.gateway.online,
            "guild": playground.guild.name,
            "comfyui": comfyui_of(playground),
            "names": {str(person): playground.state.user(person).name for person in playground.guild.members},
            "roles": {str(role.id): role.name for role in playground.guild.roles.values()},
            "channels": [
                self._channel(each) for each in playground.state.channels.values() if self._sees(each)
            ],
            "commands": [playground.discord.commands.render(each) for each in playground.commands],
        }

    def messages(self) -> list[Data]:
        """All that the person sees anywhere, oldest first."""
        state = self._playground.state
        seen = [each for each in state.channels.values() if self._sees(each)]
        shown = [each for channel in seen for each in state.messages_in(channel.id, self._viewer.id)]
        return [self.message(each) for each in sorted(shown, key=lambda each: each.id)]

    def message(self, message: Message) -> Data:
        """A message as Discord's JSON, its reactions with `me` for this person and the names of all."""
        return {
            **self._playground.render(message),
            "reactions": [self._reaction(emoji, people) for emoji, people in message.reactions.items()],
            "only_you": message.only_for is not None,
            "pings_me": self._viewer.id in message.pinged,
        }

    def event_for(self, change: Change) -> tuple[str, Data] | None:
        """The page's event (`message`, `gone`, `unanswered`, `modal`) for a change; None for no event."""
        channel = self._playground.state.channels.get(change.channel_id or 0)
        if channel is None or not self._sees(channel):
            return None
        if change.name == "CLIENT_INTERACTION":
            return _answered(change)
        message_id = message_of(change)
        if message_id is None:
            return None
        message = self._playground.state.messages.get(message_id)
        return ("message", self.message(message)) if message else ("gone", {"id": str(message_id)})

    def _channel(self, channel: Channel) -> Data:
        direct = channel.kind is ChannelKind.DM
        return {
            "id": str(channel.id),
            "name": self._playground.bot_user.name if direct else channel.name,
            "kind": channel.kind.name.lower(),
            "parent": str(channel.parent_id) if channel.parent_id else None,
        }

    def _sees(self, channel: Channel) -> bool:
        return self._playground.state.sees(self._viewer.id, channel)

    def _reaction(self, emoji: str, people: tuple[int, ...]) -> Data:
        names = [self._playground.state.user(person).name for person in people]
        return {"emoji": emoji, "count": len(people), "me": self._viewer.id in people, "names": names}


def _answered(change: Change) -> tuple[str, Data] | None:
    """What a person's own client shows of an interaction: that nobody answered, or a modal."""
    data = {**change.data, "channel_id": str(change.channel_id)}
    if data.get("text"):
        return "unanswered", data
    return ("modal", data) if data.get("answer") == "modal" else None


def message_of(change: Change) -> int | None:
    """The id of the message that a change is about, if it is about one."""
    if change.name.startswith("MESSAGE_REACTION"):
        return as_id(change.data.get("message_id"))
    about_message = change.name.startswith(("MESSAGE", "CLIENT_MESSAGE"))
    return as_id(change.data.get("id")) if about_message else None


def comfyui_of(playground: Playground) -> str | None:
    """Host and port of a real ComfyUI; None for the playground's own, in which no model runs."""
    if playground.simulates_comfyui:
        return None
    url = URL(playground.environment().get("COMFYUI_URL", ""))
    return f"{url.host}:{url.port}" if url.host else None
