"""What is wrong with the address of a server, before anything is sent to it. Pure."""

import re

from yarl import URL

EXAMPLE = "http://127.0.0.1:8188"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
QUOTES = "\"'“”‘’`"
USABLE_SCHEMES = ("http", "https")
SOCKET_SCHEMES = {"ws": "http", "wss": "https"}


def address_fix(url: str) -> str:
    """What to do about an address that cannot be used, "" for one that can. No password is repeated."""
    if not url.strip():
        return f"Set COMFYUI_URL to the address of your ComfyUI, such as {EXAMPLE}."
    if url[0] in QUOTES or url[-1] in QUOTES:
        return "Leave out the quotation marks around COMFYUI_URL."
    if re.search(r"\s", url):
        return "Leave out the spaces in COMFYUI_URL; several addresses are separated by commas."
    if not SCHEME.match(url):
        return f"Write http:// in front: COMFYUI_URL=http://{_public(url)}"
    return _parsed_fix(url)


def _parsed_fix(url: str) -> str:
    try:
        address = URL(url)
        scheme, host, port = address.scheme, address.host, address.port
    except ValueError:
        return f"Correct COMFYUI_URL: it is no URL. A port is a number up to 65535, as in {EXAMPLE}."
    if scheme not in USABLE_SCHEMES:
        other = SOCKET_SCHEMES.get(scheme, "http")
        return f"Write {other}:// instead of {scheme}:// in COMFYUI_URL: ComfyUI is asked over HTTP."
    if not host or not port:
        return f"Correct COMFYUI_URL: it names no host and port, as {EXAMPLE} does."
    return ""


def _public(url: str) -> str:
    """The address without user and password."""
    return url.rpartition("@")[2].lstrip("/:")
