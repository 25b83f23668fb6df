"""The HTTP proxy for all requests to Discord: that of the setting PROXY, else that of the environment.

ComfyUI is never asked through it. No text here contains a proxy's password.
"""

import ipaddress
import logging
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

log = logging.getLogger(__name__)

SCHEMES = ("http", "https")
EXAMPLE = (  # without an address that has a password: the log would hide that
    "write it as http://127.0.0.1:7890, with a name and password as name:password@ before the host (in these "
    "%40 for @, %3A for :, %2F for /, %23 for #)"
)
NO_SOCKS = "SOCKS is not supported: proxy programs offer HTTP too, often on the same (mixed) port; " + EXAMPLE


def read_proxy(text: str) -> str:
    """The address of a proxy, with `http://` where it has no scheme. Raises ValueError."""
    try:
        url = URL(text if "://" in text else f"http://{text}")
        is_usable = url.scheme in SCHEMES and url.host and url.port and str(url.relative()) in ("", "/")
    except ValueError:
        raise ValueError(EXAMPLE) from None
    if url.scheme.startswith("socks"):
        raise ValueError(NO_SOCKS)
    if not is_usable:
        raise ValueError(EXAMPLE)
    return str(url)


def find_proxy(setting: str, api_url: str) -> str | None:
    """The proxy's address for Discord at `api_url`, credentials included; None where it is asked directly.

    Without the setting HTTPS_PROXY or ALL_PROXY counts, or the system's proxy on Windows and macOS, unless
    NO_PROXY names the host. One that cannot be used is left out with a warning.
    """
    url = URL(api_url)
    if setting or _is_local(url.host or "") or proxy_bypass(url.host or ""):
        return setting or None
    found = getproxies()
    if not (text := found.get(url.scheme) or found.get("all")):
        return None
    try:
        return read_proxy(text)
    except ValueError as err:
        log.warning("the proxy of the environment is not used: %s", err)
        return None


def environment_proxies() -> list[str]:
    """The addresses of all proxies of the environment that have a readable form."""
    found = list[str]()
    for text in getproxies().values():
        try:
            found.append(str(URL(text)))
        except ValueError:
            continue
    return found


def explain_failure(err: Exception) -> str:
    """In a few words what kept a request from Discord: the proxy, where it was the proxy."""
    match err:
        case aiohttp.ClientHttpProxyError(status=407):
            return "the proxy wants a name and password, or others: PROXY has name:password@ before the host"
        case aiohttp.ClientHttpProxyError(status=status):
            return f"the proxy does not connect to it (HTTP {status}): see PROXY, HTTPS_PROXY, ALL_PROXY"
        case aiohttp.ClientProxyConnectionError(host=host, port=port):
            return f"no proxy answers at {host}:{port}: see PROXY, HTTPS_PROXY, ALL_PROXY"
        case _:
            return type(err).__name__


def _is_local(host: str) -> bool:
    """Whether a host is this machine: no proxy of the environment is asked for it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
