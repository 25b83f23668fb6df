"""Who may ask: the page itself, opened on this machine, and no other web site in the same browser."""

from aiohttp import web

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
READING = frozenset({"GET", "HEAD"})


def check_origin(request: web.Request) -> None:
    """Raise HTTPForbidden for another site's request.

    A `Host` that is not loopback is a foreign name rebound to this machine; a request that changes
    something must name this page as its `Origin`, which browsers always send and pages cannot forge
    (Fetch standard, "Origin header").
    """
    if _name(request.host) not in LOOPBACK:
        raise web.HTTPForbidden(text="This page answers on 127.0.0.1 only.")
    if request.method not in READING and request.headers.get("Origin") != f"http://{request.host}":
        raise web.HTTPForbidden(text="Only the page itself may do that.")


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host
