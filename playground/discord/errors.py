"""What Discord answers instead of doing it.

DiscordRefusal            status, code and message of an API error
├── InvalidForm           400/50035 with the tree of what is wrong where
└── RateLimited           429 with the seconds to wait
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class DiscordRefusal(Exception):
    """An error answer of the REST API: HTTP `status`, Discord's `code` and `message`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, object]:
        """The JSON of the response."""
        return {"message": self.message, "code": self.code}


class InvalidForm(DiscordRefusal):
    """What was sent breaks a limit; `problems` maps a path (`embeds.0.title`) to (code, message)."""

    def __init__(self, problems: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(400, 50035, "Invalid Form Body")
        self.problems = problems

    def body(self) -> dict[str, object]:
        """The JSON of the response, with the tree of problems under `errors`."""
        return {**super().body(), "errors": _error_tree(self.problems.items())}


class RateLimitScope(StrEnum):
    """Whose rate limit was passed (Discord reference, "Rate Limits")."""

    USER = "user"
    GLOBAL = "global"
    SHARED = "shared"
    """Of the resource, by whoever uses it: not counted as an invalid request."""


class RateLimited(DiscordRefusal):
    """A rate limit was passed; free again in `retry_after` seconds."""

    def __init__(self, retry_after: float, scope: RateLimitScope = RateLimitScope.USER) -> None:
        who = "The resource is" if scope is RateLimitScope.SHARED else "You are"
        super().__init__(429, 0, f"{who} being rate limited.")
        self.retry_after = retry_after
        self.scope = scope

    def body(self) -> dict[str, object]:
        """The JSON of the 429."""
        is_global = self.scope is RateLimitScope.GLOBAL
        return {"message": self.message, "retry_after": round(self.retry_after, 3), "global": is_global}


class _Branch(dict[str, object]):
    """A level of the tree of problems."""

    def below(self, key: str) -> "_Branch":
        branch = self.get(key)
        if not isinstance(branch, _Branch):
            branch = self[key] = _Branch()
        return branch


def _error_tree(problems: Iterable[tuple[str, tuple[str, str]]]) -> dict[str, object]:
    tree = _Branch()
    for path, (code, message) in problems:
        branch = tree
        for key in filter(None, path.split(".")):
            branch = branch.below(key)
        branch["_errors"] = [{"code": code, "message": message}]
    return tree


def unauthorized() -> DiscordRefusal:
    """401: the Authorization header is not the bot's token."""
    return DiscordRefusal(401, 0, "401: Unauthorized")


def outage() -> DiscordRefusal:
    """503: the guild is unavailable."""
    return DiscordRefusal(503, 0, "503: Service Unavailable")


def expired_token() -> DiscordRefusal:
    """401/50027: the interaction token is older than 15 minutes."""
    return DiscordRefusal(401, 50027, "Invalid Webhook Token")


def missing_access() -> DiscordRefusal:
    """403/50001: the bot does not see the channel."""
    return DiscordRefusal(403, 50001, "Missing Access")


def missing_permissions() -> DiscordRefusal:
    """403/50013: the bot lacks a permission in the channel."""
    return DiscordRefusal(403, 50013, "Missing Permissions")


def cannot_message_user() -> DiscordRefusal:
    """403/50007: the user takes no direct messages from the bot."""
    return DiscordRefusal(403, 50007, "Cannot send messages to this user")


def not_your_message() -> DiscordRefusal:
    """403/50005: an edit of another user's message."""
    return DiscordRefusal(403, 50005, "Cannot edit a message authored by another user")


def unknown(what: str) -> DiscordRefusal:
    """404 for a thing that is not there, with Discord's code for its kind."""
    return DiscordRefusal(404, _UNKNOWN[what], f"Unknown {what}")


_UNKNOWN = {
    "Channel": 10003,
    "Guild": 10004,
    "Member": 10007,
    "Message": 10008,
    "User": 10013,
    "Webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
}


def empty_message() -> DiscordRefusal:
    """400/50006: no content, embed, file or component."""
    return DiscordRefusal(400, 50006, "Cannot send an empty message")


def already_acknowledged() -> DiscordRefusal:
    """400/40060: the interaction already has a callback."""
    return DiscordRefusal(400, 40060, "Interaction has already been acknowledged.")


def too_many_reactions() -> DiscordRefusal:
    """403/30010: a 21st emoji under a message (403 as bots have logged it)."""
    return DiscordRefusal(403, 30010, "Maximum number of reactions reached (20)")


def unknown_emoji() -> DiscordRefusal:
    """400/10014: a reaction that is no emoji, or a guild's own that the bot does not know."""
    return DiscordRefusal(400, 10014, "Unknown Emoji")


def too_large() -> DiscordRefusal:
    """413/40005: a file or the request exceeds the upload limit."""
    return DiscordRefusal(413, 40005, "Request entity too large")


def not_a_text_channel() -> DiscordRefusal:
    """400/50008: a message to a forum itself."""
    return DiscordRefusal(400, 50008, "Cannot send messages in a non-text channel")


def locked_thread() -> DiscordRefusal:
    """403/160005: a message or an edit in a locked thread."""
    return DiscordRefusal(403, 160005, "Thread is locked")


def locked_and_archived_thread() -> DiscordRefusal:
    """403/50083: a message to a thread that is locked and archived."""
    return DiscordRefusal(403, 50083, "Thread is archived")


def archived_thread() -> DiscordRefusal:
    """400/50083: an edit or a reaction in an archived thread."""
    return DiscordRefusal(400, 50083, "Thread is archived")


def too_many_old_edits() -> DiscordRefusal:
    """A 429 without Retry-After or Via: discord.py raises it (seen in bots' logs) and does not retry."""
    return DiscordRefusal(
        429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later."
    )
