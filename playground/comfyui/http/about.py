"""Endpoints that describe the server: nodes, system, features, models."""

from aiohttp import web

from playground.comfyui.errors import Refused
from playground.comfyui.folders import Folders
from playground.comfyui.object_info import NodeClasses


class AboutEndpoints:
    """/object_info, /system_stats, /features and /models."""

    def __init__(self, node_classes: NodeClasses, folders: Folders) -> None:
        self._node_classes = node_classes
        self._folders = folders

    def routes(self) -> list[web.RouteDef]:
        """Where the endpoints are."""
        return [
            web.get("/object_info", self.object_info),
            web.get("/object_info/{kind}", self.object_info),
            web.get("/system_stats", self.recorded),
            web.get("/features", self.recorded),
            web.get("/models", self.recorded),
            web.get("/models/{folder}", self.models),
        ]

    async def object_info(self, request: web.Request) -> web.Response:
        """All node classes, or one; `{}` for an unknown one (recording 02)."""
        kind = request.match_info.get("kind")
        return web.json_response(text=self._node_classes.object_info(kind, self._folders.pictures()))

    async def recorded(self, request: web.Request) -> web.Response:
        """Pages that never change."""
        return web.json_response(self._node_classes.about(request.path.rpartition("/")[-1]))

    async def models(self, request: web.Request) -> web.Response:
        """The files in one model folder."""
        names = self._node_classes.models(request.match_info["folder"])
        if names is None:
            raise Refused(404)
        return web.json_response(names)
