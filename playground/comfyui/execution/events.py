"""The websocket events of one running prompt, as recorded (recordings 10 to 12, 40 to 42)."""

from playground.comfyui.execution.previews import VHS_RATE, render_plain, render_vhs, render_with_metadata
from playground.comfyui.graph import Json
from playground.comfyui.sockets import OutgoingMessage, Sockets, render_message
from playground.comfyui.values import PreviewMethod, Prompt, now


class Events:
    """The events of one prompt; `recorded` is what history keeps of them."""

    def __init__(self, sockets: Sockets, prompt: Prompt) -> None:
        self.recorded: list[tuple[str, Json]] = []
        self._sockets = sockets
        self._prompt = prompt
        self._states: dict[str, Json] = {}
        self._previews = 0

    def record(self, kind: str, data: Json) -> None:
        """Send an event that history keeps. Without a client_id only an interrupt goes to every client."""
        full = {"prompt_id": self._prompt.id, **data, "timestamp": now()}
        self.recorded.append((kind, full))
        if kind == "execution_interrupted":
            self._sockets.post(kind, full, self._prompt.client_id)
        else:
            self._post_privately(kind, full)

    def started(self, node_id: str) -> None:
        """Send that a node begins."""
        self._set_state(node_id, 0.0, 1.0, "running")
        self._sockets.post("progress_state", self._progress_state(), self._prompt.client_id)
        self._post_privately("executing", {"node": node_id, "display_node": node_id, **self._about()})

    def progressed(self, node_id: str, value: int, maximum: int, jpeg: bytes | None = None) -> None:
        """Send a node's progress, and a preview whose layout decides the order of both (10, 42)."""
        self._set_state(node_id, value, maximum, "running")
        state = render_message("progress_state", self._progress_state())
        progress = {"value": value, "max": maximum, **self._about(), "node": node_id}
        bar = render_message("progress", progress)
        if jpeg is None:
            plain = modern = (state, bar)
        elif self._prompt.preview_method is PreviewMethod.TAESD:
            plain = modern = (self._vhs_frame(node_id, jpeg), state, bar)
        else:
            plain = (state, bar, render_plain(jpeg))
            modern = (state, render_with_metadata(jpeg, self._display(node_id)), bar)
        self._sockets.deliver(OutgoingMessage(client_id=self._prompt.client_id, plain=plain, modern=modern))

    def output(self, node_id: str, ui: Json) -> None:
        """Send the files that an output node wrote."""
        data = {"node": node_id, "display_node": node_id, "output": ui, **self._about()}
        self._post_privately("executed", data)

    def finished(self, node_id: str) -> None:
        """Send that a node has finished."""
        state = self._states.get(node_id, {"value": 1, "max": 1})
        full = state["max"] if state["value"] == 0.0 else state["value"]
        self._set_state(node_id, full, state["max"], "finished")
        self._sockets.post("progress_state", self._progress_state(), self._prompt.client_id)

    def ended(self) -> None:
        """Send the last event of the prompt: `executing` with node None."""
        self._post_privately("executing", {"node": None, **self._about()})

    def _post_privately(self, kind: str, data: Json) -> None:
        if self._prompt.client_id is not None:
            self._sockets.post(kind, data, self._prompt.client_id)

    def _vhs_frame(self, node_id: str, jpeg: bytes) -> bytes:
        if self._previews == 0:
            self._sockets.post("VHS_latentpreview", {"length": 1, "rate": VHS_RATE, "id": node_id}, None)
        self._previews += 1
        return render_vhs(jpeg, node_id, 0)

    def _about(self) -> Json:
        return {"prompt_id": self._prompt.id}

    def _display(self, node_id: str) -> Json:
        ids = {"display_node_id": node_id, "parent_node_id": None, "real_node_id": node_id}
        return {"node_id": node_id, **self._about(), **ids}

    def _set_state(self, node_id: str, value: object, maximum: object, state: str) -> None:
        bar = {"value": value, "max": maximum, "state": state}
        self._states[node_id] = {**bar, **self._display(node_id)}

    def _progress_state(self) -> Json:
        return {**self._about(), "nodes": dict(self._states)}
