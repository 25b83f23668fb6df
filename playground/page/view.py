"""What the page shows to one person, as JSON: Discord's own shapes with what a client knows beside them."""

from yarl import URL

from playground.discord import render
from playground.discord.feed import Change
from playground.discord.model import Message
from playground.discord.wire import as_id
from playground.page.visitors import LANGUAGES, PEOPLE
from playground.people import Member
from playground.place import Playground

Data = dict[str, object]


class View:
    """The channel through the eyes of one person."""

    def __init__(self, place: Playground, viewer: Member) -> None:
        self._place = place
        self._viewer = viewer

    def about(self) -> Data:
        """Everything but the messages."""
        place = self._place
        return {
            "me": str(self._viewer.id),
            "visitors": PEOPLE,
            "languages": LANGUAGES,
            "bot": render.user(place.bot_user),
            "online": place.discord.gateway.online,
            "guild": place.guild.name,
            "channel": place.channel.name,
            "comfyui": comfyui_of(place),
            "names": {str(person): place.world.user(person).name for person in place.guild.members},
            "channels": {str(each.id): each.name for each in place.world.channels.values()},
            "commands": [place.discord.commands.render(each) for each in place.commands],
        }

    def messages(self) -> list[Data]:
        """All that the person sees in the channel, oldest first."""
        shown = self._place.world.messages_in(self._place.channel.id, self._viewer.id)
        return [self.message(each) for each in shown]

    def message(self, message: Message) -> Data:
        """A message as Discord's JSON, its reactions with `me` for this person and the names of all."""
        reactions = [self._reaction(emoji, people) for emoji, people in message.reactions.items()]
        alone = message.only_for is not None
        return {**self._place.render(message), "reactions": reactions, "only_you": alone}

    def told(self, change: Change) -> tuple[str, Data] | None:
        """What the page is told of a change, if it shows: `message`, `gone` or `unanswered`."""
        if change.channel_id != self._place.channel.id:
            return None
        if change.name == "CLIENT_INTERACTION":
            return ("unanswered", change.data) if change.data.get("text") else None
        message_id = message_of(change)
        if message_id is None:
            return None
        message = self._place.world.messages.get(message_id)
        return ("message", self.message(message)) if message else ("gone", {"id": str(message_id)})

    def _reaction(self, emoji: str, people: tuple[int, ...]) -> Data:
        names = [self._place.world.user(person).name for person in people]
        return {"emoji": emoji, "count": len(people), "me": self._viewer.id in people, "names": names}


def message_of(change: Change) -> int | None:
    """The id of the message that a change is about, if it is about one."""
    if change.name.startswith("MESSAGE_REACTION"):
        return as_id(change.data.get("message_id"))
    about_message = change.name.startswith(("MESSAGE", "CLIENT_MESSAGE"))
    return as_id(change.data.get("id")) if about_message else None


def comfyui_of(place: Playground) -> str | None:
    """Host and port of a real ComfyUI; None for the playground's own, in which no model runs."""
    if place.comfyui is not None:
        return None
    url = URL(place.environment().get("COMFYUI_URL", ""))
    return f"{url.host}:{url.port}" if url.host else None
