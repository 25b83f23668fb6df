"""The error of the command line."""


class CommandFailed(Exception):
    """A command cannot be carried out; the message says why and what to do.

    `code`: the exit code, 2 where something has to be changed first, 1 where it may work later.
    """

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code
