"""What Discord answers instead of doing it.

DiscordRefusal            status, code and message of an API error
├── InvalidForm           400/50035 with the tree of what is wrong where
└── TooFast               429 with the seconds to wait
"""

from collections.abc import Iterable, Mapping


class DiscordRefusal(Exception):
    """An error answer of the REST API: HTTP `status`, Discord's `code` and `message`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, object]:
        return {"message": self.message, "code": self.code}


class InvalidForm(DiscordRefusal):
    """What was sent breaks a limit; `problems` maps a path (`embeds.0.title`) to (code, message)."""

    def __init__(self, problems: Mapping[str, tuple[str, str]]) -> None:
        super().__init__(400, 50035, "Invalid Form Body")
        self.problems = problems

    def body(self) -> dict[str, object]:
        return {**super().body(), "errors": _error_tree(self.problems.items())}


class TooFast(DiscordRefusal):
    """A rate limit was passed; free again in `retry_after` seconds."""

    def __init__(self, retry_after: float, *, everywhere: bool = False) -> None:
        super().__init__(429, 0, "You are being rate limited.")
        self.retry_after = retry_after
        self.everywhere = everywhere

    def body(self) -> dict[str, object]:
        return {"message": self.message, "retry_after": round(self.retry_after, 3), "global": self.everywhere}


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
    return DiscordRefusal(401, 0, "401: Unauthorized")


def expired_token() -> DiscordRefusal:
    return DiscordRefusal(401, 50027, "Invalid Webhook Token")


def missing_access() -> DiscordRefusal:
    return DiscordRefusal(403, 50001, "Missing Access")


def missing_permissions() -> DiscordRefusal:
    return DiscordRefusal(403, 50013, "Missing Permissions")


def cannot_message_user() -> DiscordRefusal:
    return DiscordRefusal(403, 50007, "Cannot send messages to this user")


def not_your_message() -> DiscordRefusal:
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
    "Emoji": 10014,
    "Webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
}


def empty_message() -> DiscordRefusal:
    return DiscordRefusal(400, 50006, "Cannot send an empty message")


def already_acknowledged() -> DiscordRefusal:
    return DiscordRefusal(400, 40060, "Interaction has already been acknowledged.")


def too_large() -> DiscordRefusal:
    return DiscordRefusal(413, 40005, "Request entity too large")


def not_a_text_channel() -> DiscordRefusal:
    return DiscordRefusal(400, 50008, "Cannot send messages in a non-text channel")


def locked_thread() -> DiscordRefusal:
    return DiscordRefusal(403, 50083, "Thread is archived")


def archived_thread() -> DiscordRefusal:
    return DiscordRefusal(400, 50083, "Thread is archived")


def too_many_old_edits() -> DiscordRefusal:
    """A 429 without Retry-After or Via: discord.py raises it (seen in bots' logs) and does not retry."""
    return DiscordRefusal(
        429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later."
    )
