"""Errors of the playground: what a member cannot do, a refusal, or a timeout.

PlaygroundError
├── OptionRefused       Discord's own client would not send this command
├── NotPossible         the person cannot do that there (no such button, no permission)
├── Refused             the bot refused what the person asked for; carries its words
├── NeverHappened       waited for in vain; shows the last words and requests
└── ContractBroken      a request of the bot was against Discord's API document
"""


class PlaygroundError(Exception):
    """Base of all of them."""


class OptionRefused(PlaygroundError):
    """A value that Discord's client would not take; nothing reached the bot."""

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}")
        self.option = option
        self.reason = reason


class NotPossible(PlaygroundError):
    """There is no such command, button or message for this person."""


class Refused(PlaygroundError):
    """The bot refused; the message is its refusal."""


class NeverHappened(PlaygroundError, TimeoutError):
    """Something waited for did not come in time."""


class ContractBroken(PlaygroundError):
    """The bot sent what Discord's API document does not allow."""
