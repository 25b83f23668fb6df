"""Questions on a terminal."""

import builtins
import signal
from collections.abc import Callable, Iterator

import pytest

from cli.terminal import choose, confirm, is_terminal

Answer = Callable[[str], str]


def typing(*lines: str) -> Answer:
    """Somebody who types these lines and then ends the input."""
    left: Iterator[str] = iter(lines)

    def read(_: str) -> str:
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return read


@pytest.mark.parametrize(
    ("lines", "chosen"),
    [(["1"], 0), ([""], 1), (["7", "x", "²", " 3 "], 2), ([], 1), (["0", "-1"], 1)],
)
def test_one_is_chosen_by_its_number_or_the_default(
    lines: list[str], chosen: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builtins, "input", typing(*lines))
    before = signal.getsignal(signal.SIGINT)
    assert choose("Which is seed?", ["a", "b", "c"], 1) == chosen
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().out.splitlines() == ["Which is seed?", "  1) a", "  2) b  (default)", "  3) c"]


@pytest.mark.parametrize(("line", "yes"), [("y", True), ("YES", True), ("", False), ("no", False)])
def test_only_yes_is_yes(line: str, yes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "input", typing(line))
    assert confirm("Remove?") is yes


def test_a_pipe_is_no_terminal() -> None:
    assert not is_terminal()
