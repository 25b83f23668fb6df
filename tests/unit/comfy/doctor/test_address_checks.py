"""An address that cannot be used is told by what is wrong with it, not by what came of trying it."""

import pytest

from comfy.doctor.address_checks import address_fix


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8188",
        "https://gpu.example/comfy/",
        "http://[::1]:8188",
        "http://ada:secret@gpu-box:8188",
        "HTTP://gpu",
    ],
)
def test_an_address_that_can_be_used_needs_nothing(url: str):
    assert address_fix(url) == ""


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("127.0.0.1:8188", "COMFYUI_URL=http://127.0.0.1:8188"),
        ("gpu-box", "COMFYUI_URL=http://gpu-box"),
        ("localhost:8188", "COMFYUI_URL=http://localhost:8188"),
        ("//gpu:8188", "COMFYUI_URL=http://gpu:8188"),
        ("ftp://gpu:8188", "Write http:// instead of ftp://"),
        ("ws://gpu:8188/ws", "Write http:// instead of ws://"),
        ("wss://gpu", "Write https:// instead of wss://"),
        ("http://gpu:99999", "up to 65535"),
        ("http://gpu:port", "up to 65535"),
        ("http://", "no host"),
        ('"http://gpu:8188"', "quotation marks"),
        ("http://gpu:8188 http://other:8188", "commas"),
        ("", "Set COMFYUI_URL"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(url: str, told: str):
    assert told in address_fix(url)


@pytest.mark.parametrize(
    "url", ["ada:secret@gpu:8188", "ftp://ada:secret@gpu", "http://ada:secret@gpu:99999"]
)
def test_no_password_is_repeated(url: str):
    assert "secret" not in address_fix(url)
