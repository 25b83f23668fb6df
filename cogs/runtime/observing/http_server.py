"""Serves /metrics, /healthz and /readyz to the machine itself, on the bot's own event loop."""

import contextlib
import logging
from collections.abc import AsyncGenerator

from aiohttp import web

from cogs.runtime.observing.metrics import Metrics

log = logging.getLogger(__name__)

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class ObservingServer:
    """Answers what Prometheus and health checks ask. None of it needs a token: bind it to loopback."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.application = web.Application()
        self.application.add_routes(
            [
                web.get("/metrics", self._scrape),
                web.get("/healthz", self._is_alive),
                web.get("/readyz", self._is_ready),
            ]
        )

    async def _scrape(self, _: web.Request) -> web.Response:
        """Every number, in Prometheus' text format."""
        return web.Response(body=await self._metrics.render(), headers={"Content-Type": METRICS_TYPE})

    async def _is_alive(self, _: web.Request) -> web.Response:
        """200 while the process and its event loop answer."""
        return web.json_response({"alive": True})

    async def _is_ready(self, _: web.Request) -> web.Response:
        """200 where jobs can be taken and computed, else 503; which part is missing stands in the answer."""
        parts = {
            "gateway": self._metrics.online(),
            "database": await self._metrics.read_database(),
            "comfyui": await self._metrics.any_server(),
        }
        return web.json_response(parts, status=200 if all(parts.values()) else 503)


@contextlib.asynccontextmanager
async def serve_observing(metrics: Metrics, host: str, port: int) -> AsyncGenerator[int | None]:
    """Serve in this block; yields the port. Where it is taken, that is logged, and None is yielded."""
    runner = web.AppRunner(ObservingServer(metrics).application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        yield await _listen(runner, host, port)
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> int | None:
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except (OSError, UnicodeError) as err:  # UnicodeError: of a name that no host can have
        log.error(
            "no metrics: port %d of %s is taken or not allowed (%s); set another METRICS_PORT or HOST",
            *(port, host, getattr(err, "strerror", None) or err),
        )
        return None
    bound = runner.addresses[0][1]
    log.info("metrics: http://%s:%d/metrics", host, bound)
    return bound
