"""Reads the text of single settings: cleans what people paste, else refuses it with the fix. Pure."""

import re

from yarl import URL

QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "`": "`", "«": "»"}
SEPARATORS = re.compile("[,，、;；]")
SCHEMES = {"ws": "http", "wss": "https"}
MAX_ID = 2**64 - 1
NO_LIMIT = frozenset({"", "none", "off", "no", "null", "unlimited"})
MAX_SHOWN = 80  # characters of a wrong value
MAX_LINK = 512  # characters of a button's link, by Discord


def clean(text: str) -> str:
    """Without white space and quotation marks around it, which belong to a shell or an editor."""
    text = text.strip().strip("\ufeff\u200b").strip()
    while len(text) >= 2 and QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text


def split_list(text: str) -> list[str]:
    """The parts of a list, each cleaned; commas and semicolons of Chinese keyboards divide it too."""
    return [part for each in SEPARATORS.split(text) if (part := clean(each))]


def shown(value: object) -> str:
    """A wrong value as a message shows it."""
    text = re.sub(r"[^\s/]+@", "…@", " ".join(str(value).split()))  # who, and the password
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def read_token(text: str, prefix: str) -> str:
    """A token as it is sent in a header, without a `prefix` such as `Bot`; a password may hold spaces.

    Raises ValueError.
    """
    text = clean(text)
    first, _, rest = text.partition(" ")
    if first.casefold() == prefix.casefold():
        text = clean(rest)
    if not (text.isascii() and text.isprintable()):
        raise ValueError("there is a line break or a strange character in it: copy it anew, in one piece")
    return text


def read_discord_token(text: str) -> str:
    """The bot's token. Raises ValueError."""
    token = read_token(text, "Bot")
    if " " in token:
        raise ValueError("there is a space in it: copy it anew, in one piece")
    if token.isdecimal() and len(token) > 15:
        raise ValueError(
            "that is an id: the token is in the developer portal, in your application, under Bot, Reset Token"
        )
    return token


def read_id(text: str) -> int:
    """An id of Discord: digits, also in a mention of a person, a role or a channel. Raises ValueError."""
    digits = re.sub(r"^<(?:@[!&]?|#)(\d+)>$", r"\1", text)
    if not re.fullmatch("[0-9]{1,20}", digits) or not 0 < int(digits) <= MAX_ID:
        raise ValueError(
            f"{shown(text)} is no id: an id is a number such as 175928847299117063 (in Discord: "
            "Settings, Advanced, Developer Mode; then right click, Copy ID)"
        )
    return int(digits)


def read_weight(text: str) -> tuple[int, float]:
    """One part of ROLE_WEIGHTS. Raises ValueError."""
    role, colon, weight = text.replace("：", ":").replace("=", ":").partition(":")
    try:
        number = float(weight)
    except ValueError:
        number = 0.0
    if not colon or not 1 <= number <= 4:
        raise ValueError(
            f"{shown(text)}: write a role's id, a colon, a weight from 1 to 4, such as 175928847299117063:2"
        )
    return read_id(role.strip()), number


def read_value(text: str) -> tuple[str, str]:
    """One part of WORKFLOW_VALUES: `MODEL.NAME`, and what it is set to. Raises ValueError."""
    name, equals, value = text.partition("=")
    model, dot, key = name.strip().rpartition(".")
    if not (equals and dot and model and key and value.strip()):
        raise ValueError(
            f"{shown(text)}: write a model, a point, a name, =, a value, such as wan21_i2v.block_swap=20"
        )
    return f"{model}.{key}", value.strip()


def read_address(text: str, example: str) -> str:
    """The address of an HTTP server; `example`: one that is right. Raises ValueError."""
    if re.search(r"\s", text):
        raise ValueError(f"{shown(text)}: there is a space in it; several addresses have commas between them")
    scheme, separator, rest = text.replace("：", ":").replace("／", "/").partition("://")
    if not separator:
        raise ValueError(_without_scheme(text, example))
    if scheme.lower() not in ("http", "https"):
        better = f"{SCHEMES.get(scheme.lower(), 'http')}://{rest}"
        raise ValueError(f"{shown(text)}: it has to begin with http:// or https://, such as {shown(better)}")
    return _check_address(f"{scheme.lower()}://{rest}", example)


def read_link(text: str, example: str) -> str:
    """The address of a page that people open, as a button takes it. Raises ValueError."""
    address = read_address(text, example)
    if len(address) > MAX_LINK:
        raise ValueError(f"{shown(text)}: at most {MAX_LINK} characters, as a button takes no longer link")
    return address


def _without_scheme(text: str, example: str) -> str:
    """The sentence for an address that does not begin with http://."""
    rest = re.sub("^https?(?:[:/]+|$)", "", text, flags=re.IGNORECASE)
    if not re.match(r"[\w.\-\[\]:@]+", rest) or not rest.strip(":/"):
        return f"{shown(text)} is no address: write one such as {example}"
    return f"{shown(text)}: it has to begin with http://, so write http://{shown(rest)}"


def _check_address(text: str, example: str) -> str:
    """Check host, port and the rest of an address that has a scheme. Raises ValueError."""
    host_and_port = text.partition("://")[2].partition("/")[0].rpartition("@")[2]
    port = re.fullmatch(r"(?:\[[^]]*\]|[^:\[]*):(.*)", host_and_port)
    if host_and_port.count(":") > 1 and "[" not in host_and_port:
        raise ValueError(f"{shown(text)}: an IPv6 address stands in brackets, such as http://[::1]:8188")
    if port and not (port[1].isascii() and port[1].isdecimal() and 0 < int(port[1]) <= 65535):
        raise ValueError(f"{shown(text)}: the port {shown(port[1])} is none, it is a number from 1 to 65535")
    try:
        url = URL(text)
        host = url.host
    except ValueError:
        host, url = None, None
    if not url or not host or not re.fullmatch(r"[\w.:%-]+", host) or host.strip(".") == "":
        raise ValueError(f"{shown(text)} is no address: write one such as {example}")
    if url.query_string or url.fragment or "?" in text or "#" in text:
        plain = text.partition("?")[0].partition("#")[0]
        raise ValueError(f"{shown(text)}: leave away what begins with ? or #, so write {shown(plain)}")
    return text


def read_addresses(parts: list[str], example: str) -> tuple[str, ...]:
    """One or several addresses; all that is wrong is one ValueError."""
    if not parts:
        raise ValueError(f"there is no address in it: write one such as {example}")
    read, wrong = dict[URL, str](), list[str]()
    for part in parts:
        try:
            address = read_address(part, example)
        except ValueError as err:
            wrong.append(str(err))
            continue
        if URL(address.rstrip("/")) in read:
            wrong.append(f"{shown(part)} is there twice: once is enough")
        read[URL(address.rstrip("/"))] = address
    if wrong:
        raise ValueError("; ".join(wrong))
    return tuple(read.values())
