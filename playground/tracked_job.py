"""Tracks what the bot makes of one request: its status message, a refusal, the clip."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from playground.discord.interactions.registry import Interaction
from playground.discord.json_values import Json
from playground.discord.model import Attachment, Message, MessageFlag
from playground.discord.state import DiscordState
from playground.errors import Refused
from playground.guild import PlaygroundGuild

T = TypeVar("T")
LOOKING = "👀"
"""What the bot's first answer begins with in every language, while it looks at the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRevision:
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
    """Names of the users who were pinged, sorted by id."""

    @property
    def content(self) -> str:
        """All words of the message."""
        return self.message.text

    @property
    def filename(self) -> str:
        """The name of the video."""
        return self.file.filename

    @property
    def data(self) -> bytes:
        """The bytes of the video."""
        return self.file.data


def clip_of(state: DiscordState, message: Message) -> Clip | None:
    """The message as a clip; None where it carries no video."""
    for file in message.attachments:
        if (file.content_type or "").startswith("video/"):
            pinged = tuple(state.user(person).name for person in sorted(message.pinged))
            return Clip(message=message, file=file, url=state.cdn.url(file), pinged=pinged)
    return None


@dataclass(slots=True, eq=False)
class TrackedJob:
    """Follows what the bot makes of one command, button or reaction.

    The status message of an interaction is its original answer, of a reaction the bot's first reply to the
    message that was reacted to. The clip is a reply to the status message; where that was deleted, or under
    the message reacted to, one that pings the person. Two jobs never share a status message or a clip.

    An answer for the person alone is the `card`: `member.press(job, "Next")` presses its button, and
    `await job.shows("page two")` waits for its next words. `member.submit(job, prompt="…")` fills in the
    modal that the job opened.
    """

    playground: PlaygroundGuild
    member_id: int
    since: int
    """A snowflake: the bot's messages for this job are younger."""
    below: Message | None = None
    """The message that was reacted to, or whose button was pressed."""
    interaction: Interaction | None = None
    _status_id: int | None = None

    @property
    def card(self) -> Message | None:
        """The newest message that answers the interaction, also one that only this person sees."""
        if self.interaction is None:
            return self.status
        answers = (self.interaction.original, *self.interaction.followups)
        shown = (self.playground.state.messages.get(message_id or 0) for message_id in reversed(answers))
        return next((message for message in shown if message), None)

    @property
    def modal(self) -> Json | None:
        """The modal that the interaction opened, as Discord's JSON."""
        return self.interaction.modal if self.interaction else None

    @property
    def status(self) -> Message | None:
        """The status message as it stands, or as it last stood before it was deleted."""
        if self._status_id is None:
            self._status_id = self._find_status()
        shown = self._status_id or self._updated()
        return self.playground.state.revisions[shown][-1] if shown else None

    @property
    def text(self) -> str:
        """All words in the status message now."""
        return self.status.text if self.status else ""

    @property
    def texts(self) -> list[TextRevision]:
        """Every different text that the status message has had, in order."""
        if (status := self.status) is None:
            return []
        found: list[TextRevision] = []
        for revision in self.playground.state.revisions[status.id]:
            if revision.text and (not found or found[-1].text != revision.text):
                found.append(TextRevision(text=revision.text, at=revision.shown_at))
        return found

    @property
    def refusal(self) -> str | None:
        """What only the person sees as the answer: the bot's ephemeral words, or that it did not respond.

        Beside a status message that everybody sees, such words are a remark and no refusal.
        """
        if self.interaction is None:
            return None
        if self.interaction.unanswered:
            return "The application did not respond"
        if self.status and self.status.id in self.playground.state.messages:
            return None
        pressed = self.below.id if self.below else None
        for message_id in (self.interaction.original, *self.interaction.followups):
            message = self.playground.state.messages.get(message_id or 0)
            if message and message.only_for == self.member_id and message.text and message_id != pressed:
                return message.text
        return None

    async def says(self, words: str, timeout: float = 20.0) -> str:
        """The first text of the status message that contains these words, in whatever case."""

        def condition() -> str | None:
            texts = (revision.text for revision in self.texts)
            return next((text for text in texts if words.casefold() in text.casefold()), None)

        return await self._until(condition, timeout, f"the status message says {words!r}")

    async def answered(self, timeout: float = 20.0) -> Message:
        """The status message, as soon as it says more than that the bot looks at the picture.

        Only then is there a job: what is asked next finds it.
        """

        def condition() -> Message | None:
            return self.status if self.text and not self.text.startswith(LOOKING) else None

        return await self._until(condition, timeout, "an answer from the bot")

    async def shows(self, words: str = "", timeout: float = 5.0) -> Message:
        """The card, as soon as it contains these words (in whatever case) and no longer loads."""

        def condition() -> Message | None:
            card = self.card
            ready = card and not card.flags & MessageFlag.LOADING
            return card if card and ready and words.casefold() in card.text.casefold() else None

        return await self.playground.until(condition, timeout, f"an answer with {words!r}", self._describe)

    async def opens(self, timeout: float = 3.0) -> Json:
        """The modal that the interaction opens."""
        return await self.playground.until(lambda: self.modal, timeout, "a modal", self._describe)

    async def refused(self, timeout: float = 10.0) -> str:
        """The words of the refusal: to a command the ephemeral answer, to a reaction the bot's reply."""

        def condition() -> str | None:
            return self.refusal if self.interaction else self.text or None

        return await self.playground.until(condition, timeout, "a refusal", self._describe)

    async def gone(self, timeout: float = 30.0) -> None:
        """Wait until the status message, or the short reply to a reaction, has been deleted."""

        def condition() -> bool | None:
            return True if self.status and self.status.id not in self.playground.state.messages else None

        await self.playground.until(condition, timeout, "its message is deleted", self._describe)

    async def video(self, timeout: float = 60.0) -> Clip:
        """The result: the bot's message with a video, under the status message. Raises Refused."""
        clip = await self._until(self._find_clip, timeout, "a video")
        self.playground.claimed.add(clip.message.id)
        return clip

    async def _until(self, condition: Callable[[], T | None], timeout: float, what: str) -> T:
        """As the playground waits, but a refusal ends it at once."""

        def condition_or_refusal() -> T | None:
            found = condition()
            if found is None and (words := self.refusal):
                raise Refused(words)
            return found

        return await self.playground.until(condition_or_refusal, timeout, what, self._describe)

    def _find_status(self) -> int | None:
        """A public answer of its own, or the bot's first reply below what was pressed or reacted to."""
        pressed = self.below.id if self.below else None
        if self.interaction is not None:
            original = self.interaction.original
            if original != pressed and self._is_public(original):
                return original
            if original is None or pressed is None:
                return None
        for message in self._replies_to(pressed):
            self.playground.claimed.add(message.id)
            return message.id
        return None

    def _updated(self) -> int | None:
        """The pressed message, where the bot answered by changing it for everybody."""
        original = self.interaction.original if self.interaction else None
        return original if self._is_public(original) else None

    def _is_public(self, message_id: int | None) -> bool:
        revisions = self.playground.state.revisions.get(message_id or 0)
        return bool(revisions) and revisions[0].only_for is None

    def _replies_to(self, message_id: int | None) -> list[Message]:
        """The bot's replies to a message since the job began that no other job has claimed."""
        state, claimed = self.playground.state, self.playground.claimed
        ids = [reply for reply in state.replies.get(message_id, ()) if reply > self.since]
        replies = [state.revisions[reply][-1] for reply in ids if reply not in claimed]
        return [reply for reply in replies if reply.author_id == state.bot.id and reply.only_for is None]

    def _find_clip(self) -> Clip | None:
        status, messages = self.status, self.playground.state.messages
        candidates = [*self._replies_to(status.id), status] if status else []
        if status is None or status.id not in messages:
            candidates += [message for message in self._replies_to(None) if self._names_me(message)]
        if self.below is not None:
            candidates += [message for message in self._replies_to(self.below.id) if self._names_me(message)]
        clips = (clip_of(self.playground.state, message) for message in candidates if message.id in messages)
        return next((clip for clip in clips if clip and clip.message.id > self.since), None)

    def _names_me(self, message: Message) -> bool:
        return self.member_id in message.pinged

    def _describe(self) -> list[str]:
        """Lines for the message of NeverHappened: the last texts of the status, and the refusal."""
        texts = [f"  {each.text!r}" for each in self.texts[-5:]]
        return ["its last texts:", *texts, *([f"  refused: {self.refusal!r}"] if self.refusal else [])]
