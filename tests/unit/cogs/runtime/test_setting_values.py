"""What people paste into settings: cleaned, or refused with the fix."""

import pytest

from cogs.runtime.setting_values import (
    clean,
    read_address,
    read_addresses,
    read_discord_token,
    read_id,
    read_token,
    read_weight,
    shown,
    split_list,
)

EXAMPLE = "http://127.0.0.1:8188"


@pytest.mark.parametrize("text", ["a b", ' "a b" ', "“a b”", "\n'a b'\r\n", "\ufeffa b", "`a b`"])
def test_what_a_shell_or_an_editor_puts_around_a_value_is_taken_off(text: str) -> None:
    assert clean(text) == "a b"


def test_lists_are_divided_by_commas_of_any_keyboard() -> None:
    assert split_list(' "a" ,b，c;、 d ,') == ["a", "b", "c", "d"]
    assert split_list(",") == []


@pytest.mark.parametrize("text", ["a.b-c_d", "Bot a.b-c_d", "bot  a.b-c_d\n", '"a.b-c_d"', '"Bot a.b-c_d"'])
def test_a_token_is_cleaned(text: str) -> None:
    assert read_discord_token(text) == "a.b-c_d"


def test_a_password_of_a_gateway_may_hold_spaces() -> None:
    assert read_token(" Bearer open sesame ", "Bearer") == "open sesame"
    with pytest.raises(ValueError, match="a space"):
        read_discord_token("a b")


@pytest.mark.parametrize("text", ["a\nb", "a\u200bb", "tökén", "a\0b"])
def test_what_no_header_can_hold_is_no_token(text: str) -> None:
    with pytest.raises(ValueError, match="copy it anew"):
        read_token(text, "Bearer")


def test_an_id_in_the_place_of_the_token_is_told() -> None:
    with pytest.raises(ValueError, match="Reset Token"):
        read_discord_token("175928847299117063")


def test_ids_and_weights() -> None:
    assert [read_id(text) for text in ("7", "<@7>", "<@!7>", "<#7>", "<@&7>")] == [7] * 5
    assert read_weight("10：1.5") == (10, 1.5)
    for text in ("mine", "-1", "0", "1.5", str(2**64), "７"):
        with pytest.raises(ValueError, match="is no id"):
            read_id(text)
    for text in ("10", "10:", "10:5", "10:nan", "10:x"):
        with pytest.raises(ValueError, match="from 1 to 4"):
            read_weight(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://gpu-box:8188",
        "https://gpu.example/comfy/",
        "http://ada:secret@gpu:1",
        "http://[::1]:8188",
        "http://图.example:1",
        "http://my_gpu",
    ],
)
def test_an_address_that_is_right_stays_as_it_is(text: str) -> None:
    assert read_address(text, EXAMPLE) == text


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("gpu-box:8188", "write http://gpu-box:8188"),
        ("127.0.0.1", "write http://127.0.0.1"),
        ("http:/gpu:1", "write http://gpu:1"),
        ("ftp://gpu:1", "http://gpu:1"),
        ("wss://gpu:1", "https://gpu:1"),
        ("http://gpu:99999", "from 1 to 65535"),
        ("http://gpu:0", "from 1 to 65535"),
        ("http://gpu:", "from 1 to 65535"),
        ("http://gpu:８１８８", "from 1 to 65535"),
        ("http://gpu:81a8/x", "from 1 to 65535"),
        ("http://::1:8188", "in brackets"),
        ("http://a:1 http://b:1", "commas between them"),
        ("http://gpu:1/?token=x", "write http://gpu:1/"),
        ("http://gpu:1/#", "write http://gpu:1/"),
        ("http://", EXAMPLE),
        ("http://:8188", EXAMPLE),
        ("http://...", EXAMPLE),
        ("http://[::1", EXAMPLE),
        ("http://<gpu>", EXAMPLE),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_what_to_write(text: str, fix: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the sentence is looked at below
        read_address(text, EXAMPLE)
    assert fix in str(refused.value)


def test_of_several_addresses_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"a:1.*b:1.*twice"):
        read_addresses(["a:1", "ftp://b:1", "http://c:1", "http://C:1/"], EXAMPLE)
    with pytest.raises(ValueError, match="no address in it"):
        read_addresses([], EXAMPLE)
    assert read_addresses(["http://a:1", "http://b:2"], EXAMPLE) == ("http://a:1", "http://b:2")


def test_a_wrong_value_is_shown_short_and_without_a_password() -> None:
    assert shown("ada:secret@gpu") == "…@gpu"
    assert len(shown("x" * 500)) < 100
