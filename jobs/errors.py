"""A no that a person gets to read."""


class Refusal(Exception):
    """What was asked for cannot be done. `code` names the sentence in words.py, `values` fill it."""

    def __init__(self, code: str, **values: str | int | float) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Refusal) and (self.code, self.values) == (other.code, other.values)

    def __hash__(self) -> int:
        return hash(self.code)
