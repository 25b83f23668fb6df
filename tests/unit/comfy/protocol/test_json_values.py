"""JSON of servers: never deeper, larger or longer to parse than the process can bear."""

import asyncio
import json
import time

import pytest

from comfy import BadAnswer
from comfy.protocol.json_values import (
    MAX_DEPTH,
    MAX_INLINE_BYTES,
    MAX_VALUES,
    PIECE_LENGTH,
    as_number,
    as_printable,
    as_text,
    parse_json,
    parse_large_json,
)


async def test_a_large_value_is_parsed_as_a_small_one_is():
    value = {"a": [{"b": None, "c": [1, -2.5, True]}] * 5000, "d": "\u00e4\n\U0001f600" * 1000}
    body = json.dumps(value).encode()
    assert len(body) > MAX_INLINE_BYTES
    assert await parse_large_json(body) == parse_json(body) == value


@pytest.mark.parametrize("value", [-1.5e300, '\\ \u4e2d "', True, None, [], {"a": [{}, 12]}])
async def test_a_value_is_the_same_wherever_a_piece_of_the_text_ends(value: object):
    values = [["x" * before, value, {"after": value}] for before in range(PIECE_LENGTH - 80, PIECE_LENGTH)]
    for together in (values, {str(number): each for number, each in enumerate(values)}):
        body = json.dumps(together).encode()
        assert len(body) > MAX_INLINE_BYTES
        assert await parse_large_json(body) == together


@pytest.mark.parametrize("opening", [b"[", b'{"":'])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5000, 10**6])
async def test_deep_nesting_is_a_bad_answer(opening: bytes, depth: int):
    closing = b"]" if opening == b"[" else b"}"
    with pytest.raises(BadAnswer):
        await parse_large_json(opening * depth + b"0" + closing * depth)


@pytest.mark.parametrize("piece", [b"[]", b"{}", b"0", b"0.1"])
async def test_too_many_values_are_not_parsed(piece: bytes):
    with pytest.raises(BadAnswer, match="too many values"):
        await parse_large_json(b"[" + b",".join([piece] * (MAX_VALUES + 1)) + b"]")


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"{", b"[1,]", b"1" * 5000, b"\x00" * 2**17, b"[" + b"1" * 2**17 + b"]"]
)
async def test_what_is_no_json_is_a_bad_answer(body: bytes):
    with pytest.raises(BadAnswer, match="not JSON"):
        await parse_large_json(body)


async def test_meanwhile_the_loop_goes_on():
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    turning = asyncio.create_task(turn(), name="turning")
    began = time.monotonic()
    await parse_large_json(b"[" + b",".join([b"[]"] * 100_000) + b"]")
    turning.cancel()
    assert turns > 10 * (time.monotonic() - began)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, 2**64, True, "1", None])
def test_what_is_no_finite_number_is_a_bad_answer(value: object):
    with pytest.raises(BadAnswer):
        as_number(value)


def test_a_text_is_bounded_and_what_is_shown_is_printable():
    assert as_text("x\n") == "x\n"
    assert (as_printable("x\n\x1b[1my"), as_printable(None), as_printable(["x"])) == ("x y", "", "")
    with pytest.raises(BadAnswer, match="too long"):
        as_text("x" * 5000)
