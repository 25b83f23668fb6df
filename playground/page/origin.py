"""Accepts requests of the page itself, opened on this machine, and of no other web site."""

from aiohttp import web

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
READING = frozenset({"GET", "HEAD"})


def check_origin(request: web.Request) -> None:
    """Raise HTTPForbidden for another site's request.

    A `Host` that is not loopback is a foreign name rebound to this machine. What changes something, and a
    websocket (which another site could read), must name this page as its `Origin`: browsers always send
    it and pages cannot forge it (Fetch standard, "Origin header").
    """
    if _name(request.host) not in LOOPBACK:
        raise web.HTTPForbidden(text="This page answers on 127.0.0.1 only.")
    only_reads = request.method in READING and "Upgrade" not in request.headers
    if not only_reads and request.headers.get("Origin") != f"http://{request.host}":
        raise web.HTTPForbidden(text="Only the page itself may do that.")


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host
