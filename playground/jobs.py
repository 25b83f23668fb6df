"""What comes of something that a person asked the bot for: its status message, a refusal, the clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from playground.discord.interactions import Interaction
from playground.discord.model import Attachment, Message
from playground.errors import Refused

if TYPE_CHECKING:
    from playground.place import Playground

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One text of a message, and when it appeared, in seconds since 1970 on the playground's clock."""

    text: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A result: the message with the video."""

    message: Message
    file: Attachment
    url: str
    """The signed address of the video, for 24 hours."""
    pinged: tuple[str, ...]
    """Names of the people who heard a ping."""

    @property
    def content(self) -> str:
        return self.message.text

    @property
    def filename(self) -> str:
        return self.file.filename

    @property
    def data(self) -> bytes:
        return self.file.data


@dataclass(slots=True, eq=False)
class Job:
    """Follows what the bot makes of one command, button or reaction.

    The status message of an interaction is its original answer, of a reaction the bot's first reply to the
    message that was reacted to. The clip is a reply to the status message; where that was deleted, or under
    the message reacted to, one that pings the person. Two jobs never share a status message or a clip.
    """

    place: Playground
    member_id: int
    since: int
    """A snowflake: the bot's messages for this job are younger."""
    below: Message | None = None
    """The message that was reacted to, or whose button was pressed."""
    interaction: Interaction | None = None
    _status_id: int | None = None

    @property
    def status(self) -> Message | None:
        """The status message as it stands, or as it last stood before it was deleted."""
        if self._status_id is None:
            self._status_id = self._find_status()
        return self.place.world.revisions[self._status_id][-1] if self._status_id else None

    @property
    def text(self) -> str:
        """All words in the status message now."""
        return self.status.text if self.status else ""

    @property
    def texts(self) -> list[Said]:
        """Every different text that the status message has had, in order."""
        if (status := self.status) is None:
            return []
        said: list[Said] = []
        for revision in self.place.world.revisions[status.id]:
            if revision.text and (not said or said[-1].text != revision.text):
                said.append(Said(text=revision.text, at=revision.shown_at))
        return said

    @property
    def refusal(self) -> str | None:
        """What only the person sees as the answer: the bot's ephemeral words, or that it did not respond."""
        if self.interaction is None:
            return None
        if self.interaction.unanswered:
            return "The application did not respond"
        pressed = self.below.id if self.below else None
        for message_id in (self.interaction.original, *self.interaction.followups):
            message = self.place.world.messages.get(message_id or 0)
            if message and message.only_for == self.member_id and message.text and message_id != pressed:
                return message.text
        return None

    async def says(self, words: str, timeout: float = 20.0) -> str:
        """The first text of the status message that contains these words, in whatever case."""

        def look() -> str | None:
            texts = (said.text for said in self.texts)
            return next((text for text in texts if words.casefold() in text.casefold()), None)

        return await self._until(look, timeout, f"the status message says {words!r}")

    async def answered(self, timeout: float = 5.0) -> Message:
        """The status message, as soon as it has words."""
        return await self._until(
            lambda: self.status if self.text else None, timeout, "an answer from the bot"
        )

    async def refused(self, timeout: float = 10.0) -> str:
        """The words of the refusal: to a command the ephemeral answer, to a reaction the bot's reply."""

        def look() -> str | None:
            return self.refusal if self.interaction else self.text or None

        return await self.place.until(look, timeout, "a refusal", about=self)

    async def gone(self, timeout: float = 30.0) -> None:
        """Wait until the status message, or the short reply to a reaction, has been deleted."""

        def look() -> bool | None:
            return True if self.status and self.status.id not in self.place.world.messages else None

        await self.place.until(look, timeout, "its message is deleted", about=self)

    async def video(self, timeout: float = 60.0) -> Clip:
        """The result: the bot's message with a video, under the status message. Raises Refused."""
        clip = await self._until(self._find_clip, timeout, "a video")
        self.place.claimed.add(clip.message.id)
        return clip

    async def _until(self, look: Callable[[], T | None], timeout: float, what: str) -> T:
        """As the playground waits, but a refusal ends it at once."""

        def look_unless_refused() -> T | None:
            found = look()
            if found is None and (words := self.refusal):
                raise Refused(words)
            return found

        return await self.place.until(look_unless_refused, timeout, what, about=self)

    def _find_status(self) -> int | None:
        world = self.place.world
        if self.interaction is not None:
            revisions = world.revisions.get(self.interaction.original or 0)
            return revisions[0].id if revisions and revisions[0].only_for is None else None
        for message in self._replies_to(self.below.id if self.below else None):
            self.place.claimed.add(message.id)
            return message.id
        return None

    def _replies_to(self, message_id: int | None) -> list[Message]:
        """The bot's replies to a message since the job began that no other job has claimed."""
        world, claimed = self.place.world, self.place.claimed
        ids = [reply for reply in world.replies.get(message_id, ()) if reply > self.since]
        replies = [world.revisions[reply][-1] for reply in ids if reply not in claimed]
        return [reply for reply in replies if reply.author_id == world.bot.id]

    def _find_clip(self) -> Clip | None:
        status, messages = self.status, self.place.world.messages
        if status is None:
            return None
        candidates = [*self._replies_to(status.id), status]
        if status.id not in messages:
            candidates += [message for message in self._replies_to(None) if self._names_me(message)]
        if self.below is not None:
            candidates += [message for message in self._replies_to(self.below.id) if self._names_me(message)]
        clips = (self.place.clip(message) for message in candidates if message.id in messages)
        return next((clip for clip in clips if clip), None)

    def _names_me(self, message: Message) -> bool:
        return self.member_id in message.pinged
