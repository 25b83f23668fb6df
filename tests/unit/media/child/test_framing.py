"""Messages between parent and child."""

import pytest

from media.child.framing import pack, unpack


@pytest.mark.parametrize("message", [b"", b"\0\0", pack({"a": 1})[:-1], b"\0\0\0\2[]", b"\xff\xff\xff\xff{}"])
def test_a_cut_message_is_no_message(message: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        unpack(message)


def test_a_message_comes_back_as_it_was_sent() -> None:
    assert unpack(pack({"a": [1, "é"]}, b"\0payload")) == ({"a": [1, "é"]}, b"\0payload")
