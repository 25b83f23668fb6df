"""The endpoints that queue, list, stop and forget prompts."""

import json
import uuid

from aiohttp import web

from playground.comfyui.errors import Forgotten, Interrupted, Refused
from playground.comfyui.execution.engine import Engine
from playground.comfyui.execution.node_environment import NodeEnvironment
from playground.comfyui.faults import OneTimeFault
from playground.comfyui.graph import Json, parse_list, parse_object
from playground.comfyui.http.jobs import STATUSES, find_job, list_jobs
from playground.comfyui.object_info import NodeClasses
from playground.comfyui.queue import PromptQueue
from playground.comfyui.timeline import Moment
from playground.comfyui.validation import ValidationResult, check_prompt_id, refusal, validate
from playground.comfyui.values import Prompt, Stage, now


class QueueEndpoints:
    """/prompt, /queue, /history, /interrupt, /free and /jobs."""

    def __init__(
        self,
        environment: NodeEnvironment,
        node_classes: NodeClasses,
        prompt_queue: PromptQueue,
        engine: Engine,
    ) -> None:
        self._environment = environment
        self._node_classes = node_classes
        self._prompt_queue = prompt_queue
        self._engine = engine
        self._number = 0

    def routes(self) -> list[web.RouteDef]:
        """Where the endpoints are."""
        return [
            web.get("/prompt", self.get_prompt),
            web.post("/prompt", self.post_prompt),
            web.get("/queue", self.get_queue),
            web.post("/queue", self.post_queue),
            web.get("/history", self.get_history),
            web.get("/history/{prompt_id}", self.get_one_history),
            web.post("/history", self.post_history),
            web.post("/interrupt", self.post_interrupt),
            web.post("/free", self.post_free),
            web.get("/jobs", self.get_jobs),
            web.get("/jobs/{prompt_id}", self.get_job),
            web.post("/jobs/{prompt_id}/cancel", self.cancel_job),
        ]

    async def get_prompt(self, request: web.Request) -> web.Response:
        """How much is queued."""
        del request
        return web.json_response(self._prompt_queue.status()["status"])

    async def post_prompt(self, request: web.Request) -> web.Response:
        """Validate and queue. Not idempotent: the same prompt_id twice runs twice (recording 13)."""
        body = await _read_json(request)
        number = self._take_number(body)
        if "prompt" not in body:
            raise refusal("no_prompt", "No prompt provided", "No prompt provided")
        wire = parse_object(body["prompt"])
        prompt_id = self._prompt_id(body)
        if self._environment.faults.take(OneTimeFault.REJECTION):
            raise _injected_rejection(wire)
        validated = validate(wire, self._node_classes, self._environment.folders)
        await self._queue(number, prompt_id, body, validated)
        answer = {"prompt_id": prompt_id, "number": number, "node_errors": validated.node_errors}
        return web.json_response(answer)

    async def get_queue(self, request: web.Request) -> web.Response:
        """What runs and what waits."""
        del request
        running = [self._prompt_queue.running.as_entry()] if self._prompt_queue.running else []
        pending = [prompt.as_entry() for prompt in self._prompt_queue.pending]
        return web.json_response({"queue_running": running, "queue_pending": pending})

    async def post_queue(self, request: web.Request) -> web.Response:
        """`{"clear": true}` or `{"delete": [ids]}`, for what waits only."""
        body = await _read_json(request)
        if body.get("clear"):
            self._prompt_queue.clear()
        self._prompt_queue.delete(parse_list(body.get("delete")))
        return web.Response()

    async def get_history(self, request: web.Request) -> web.Response:
        """Everything that ended, oldest first; `max_items` keeps the newest."""
        entries = [(key, entry.as_entry()) for key, entry in self._prompt_queue.history.items()]
        most = int(request.query.get("max_items", len(entries)))
        return web.json_response(dict(entries[max(len(entries) - most, 0) :]))

    async def get_one_history(self, request: web.Request) -> web.Response:
        """`{}` while it runs and when it is unknown (fact 5)."""
        prompt_id = request.match_info["prompt_id"]
        entry, faults = self._prompt_queue.history.get(prompt_id), self._environment.faults
        if entry is None or faults.history_without_entries:
            return web.json_response({})
        silenced: Json = {"outputs": {}} if faults.history_without_outputs else {}
        return web.json_response({prompt_id: {**entry.as_entry(), **silenced}})

    async def post_history(self, request: web.Request) -> web.Response:
        """`{"clear": true}` or `{"delete": [ids]}`."""
        body = await _read_json(request)
        if body.get("clear"):
            self._prompt_queue.history.clear()
        for prompt_id in parse_list(body.get("delete")):
            self._prompt_queue.history.pop(str(prompt_id), None)
        return web.Response()

    async def post_interrupt(self, request: web.Request) -> web.Response:
        """Stop the running prompt; with an id only that one (recording 12)."""
        body = await _read_json(request) if request.can_read_body else parse_object(None)
        running = self._prompt_queue.running
        wanted = None if self._environment.faults.ignores_interrupt_id else body.get("prompt_id")
        if running and wanted in (None, running.id):
            self._engine.stop(Interrupted())
        return web.Response()

    async def post_free(self, request: web.Request) -> web.Response:
        """Forget cached results."""
        del request
        self._engine.cache.clear()
        return web.Response()

    async def get_jobs(self, request: web.Request) -> web.Response:
        """A page of jobs, by status if asked."""
        wanted = [status for status in request.query.get("status", "").split(",") if status]
        if unknown := [status for status in wanted if status not in STATUSES]:
            text = f"Invalid status value(s): {', '.join(unknown)}. Valid values: {', '.join(STATUSES)}"
            raise Refused(400, {"error": text})
        jobs = [job for job in list_jobs(self._prompt_queue) if not wanted or job["status"] in wanted]
        limit, offset = request.query.get("limit"), int(request.query.get("offset", 0))
        page = jobs[offset : offset + int(limit)] if limit else jobs[offset:]
        pagination = {
            "offset": offset,
            "limit": int(limit) if limit else None,
            "total": len(jobs),
            "has_more": offset + len(page) < len(jobs),
        }
        return web.json_response({"jobs": page, "pagination": pagination})

    async def get_job(self, request: web.Request) -> web.Response:
        """One job."""
        job = find_job(self._prompt_queue, request.match_info["prompt_id"])
        if job is None:
            raise Refused(404, {"error": "Job not found"})
        return web.json_response(job)

    async def cancel_job(self, request: web.Request) -> web.Response:
        """Drop it if it waits, stop it if it runs."""
        prompt_id, before = request.match_info["prompt_id"], self._prompt_queue.remaining
        self._prompt_queue.delete([prompt_id])
        runs = self._prompt_queue.running is not None and self._prompt_queue.running.id == prompt_id
        if runs:
            self._engine.stop(Interrupted())
        return web.json_response({"cancelled": runs or self._prompt_queue.remaining < before})

    def forget(self, prompt_id: str) -> None:
        """Lose every trace of a prompt."""
        self._prompt_queue.delete([prompt_id])
        self._prompt_queue.history.pop(prompt_id, None)
        if self._prompt_queue.running and self._prompt_queue.running.id == prompt_id:
            self._engine.stop(Forgotten())

    def _take_number(self, body: Json) -> float:
        if "number" in body:
            return float(str(body["number"]))
        number, self._number = self._number, self._number + 1
        return -number if body.get("front") else number

    def _prompt_id(self, body: Json) -> str:
        if self._environment.faults.ignores_prompt_id or "prompt_id" not in body:
            return str(uuid.uuid4())
        return check_prompt_id(body["prompt_id"])

    async def _queue(self, number: float, prompt_id: str, body: Json, validated: ValidationResult) -> None:
        extra = dict(parse_object(body.get("extra_data")))
        if "client_id" in body:
            extra["client_id"] = body["client_id"]
        extra["create_time"] = now()
        wire = parse_object(body["prompt"])
        self._prompt_queue.put(
            Prompt(number=number, id=prompt_id, graph=wire, extra=extra, outputs=validated.outputs)
        )
        await self._environment.timeline.record(Moment(prompt_id=prompt_id, stage=Stage.QUEUED))


async def _read_json(request: web.Request) -> Json:
    try:
        return parse_object(await request.json())
    except (json.JSONDecodeError, UnicodeDecodeError) as err:
        raise Refused(500) from err  # the original does not catch it either (recording 03)


def _injected_rejection(wire: Json) -> Refused:
    info: Json = {"input_name": "model_name", "input_config": None, "received_value": "gone.safetensors"}
    details = "model_name: 'gone.safetensors' not in []"
    error: Json = {
        "type": "value_not_in_list",
        "message": "Value not in list",
        "details": details,
        "extra_info": info,
    }
    node_id, entry = next(iter(wire.items()))
    kind = parse_object(entry).get("class_type")
    nodes: Json = {node_id: {"errors": [error], "dependent_outputs": list[str](), "class_type": kind}}
    message = "Prompt outputs failed validation"
    return refusal("prompt_outputs_failed_validation", message, "", nodes=nodes)
