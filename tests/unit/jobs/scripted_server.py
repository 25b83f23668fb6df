"""A `ComputeServer` without a socket: each step can be scripted. Conforms to `test_server_conformance`."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import comfy
from tests.unit.jobs.observable import Hold, Observable

WORKFLOWS = {
    name: workflow
    for name, workflow in comfy.load_workflows(comfy.BUILT_IN).items()
    if workflow.family == "wan21_i2v"
}
CLIP = comfy.OutputFile(filename="clip.mp4", subfolder="animate", type="temp")
SMALLER = comfy.OutputFile(filename="smaller.mp4", subfolder="animate", type="temp")
CLIP_BYTES = b"\0\0\0\x18ftypmp42, a clip"
DONE = comfy.Done(files=(CLIP,), seconds=0.0001)
STEP = comfy.Sampling(step=1, steps=2)
LAST_STEP = comfy.Sampling(step=2, steps=2)
STARTED = comfy.Started(at=1.0)
LACKED = comfy.MissingModel(node="1", class_type="VAELoader", field="vae_name", file="vae.safetensors")
NONE: Mapping[str, str] = {}
NO_LORAS: Mapping[str, float] = {}
OUTCOMES = (comfy.Done, comfy.Failed, comfy.Interrupted)

Step = comfy.Event | Exception | Hold


@dataclass
class ScriptedLoad:
    """What else the server has to do."""

    others: int = 0
    loaded: str | None = None


@dataclass
class ScriptedPrompt:
    """One job there: what is to happen to it, and how it ended. `stirred`: something befell it."""

    script: tuple[Step, ...]
    outcome: comfy.Outcome | None = None
    stopped: bool = False
    stirred: asyncio.Event = field(default_factory=asyncio.Event)


class ScriptedServer(Observable):
    """Runs `script` for each job, or what `scripts` says for its id; a script without an end is silence.

    `fails(method, *errors)` lets the next calls of a method raise, None lets one pass. `calls` are the calls
    in order, each with its prompt id or name; `ran` the ids that were queued: an id twice is a job run twice.
    `saved_by`: the files of each node of a graph, where it has more than one output.
    """

    def __init__(self, name: str = "gpu:8188") -> None:
        super().__init__()
        self.name = name
        self.reachable = True
        self.live = True
        self.connection_epoch = 1
        self.saved_by: dict[str, tuple[comfy.OutputFile, ...]] = {}
        self.runnable: frozenset[str] = frozenset(WORKFLOWS)
        self.missing: Mapping[str, Sequence[comfy.MissingRequirement]] = {}
        self.answered_at: float | None = time.time()
        self.unavailable: comfy.UnavailableReason | None = None
        self.installed = frozenset(WORKFLOWS)
        self.availability = ScriptedLoad()
        self.script: tuple[Step, ...] = (STARTED, STEP, LAST_STEP, DONE)
        self.scripts: dict[str, tuple[Step, ...]] = {}
        self.files: dict[str, bytes] = {CLIP.filename: CLIP_BYTES}
        self.lacks_options = False
        self.loras: tuple[str, ...] = ()
        self.calls: list[tuple[str, str]] = []
        self.ran: list[str] = []
        self._errors = defaultdict[str, deque[Exception | None]](deque)
        self._prompts: dict[str, ScriptedPrompt] = {}
        self._pictures: dict[str, bytes] = {}

    # what a test says

    def fails(self, method: str, *errors: Exception | None) -> None:
        """Let the next calls of this method raise these."""
        self._errors[method].extend(errors)

    def has(self, prompt_id: str, *script: Step) -> None:
        """Let a job be there that an earlier process had queued: ended where the script is but its end."""
        prompt = self._prompts[prompt_id] = ScriptedPrompt(script)
        if len(script) == 1 and isinstance(script[0], OUTCOMES):
            prompt.outcome = script[0]

    @classmethod
    def never_reached(cls, name: str = "gpu:8188") -> "ScriptedServer":
        """A server that has been down since this process started."""
        server = cls(name)
        server.reachable, server.answered_at, server.runnable = False, None, frozenset()
        return server

    def install(self, *workflows: str) -> None:
        """Let it have what exactly these workflows need, which it says when it is asked next."""
        self.installed = frozenset(workflows)

    def answer(self, *workflows: str) -> None:
        """Let it connect and say that it can run these workflows, and what the others lack."""
        self.install(*workflows)
        self.reachable = True
        self._answer()

    def become(self, reason: comfy.UnavailableReason | None) -> None:
        """Let it take no jobs for this reason, or take them again; it stays connected."""
        self.unavailable = reason
        self._notify()

    def refuse_token(self) -> None:
        """Let it answer 401 to everything."""
        self.unavailable = comfy.UnavailableReason.TOKEN_REFUSED
        self.disconnect()

    def disconnect(self) -> None:
        """Let it give no answer any more."""
        self.reachable = False
        self._stir()

    def reconnect(self) -> None:
        """Let it answer again; nobody knows whether it was started anew meanwhile."""
        self.reachable, self.unavailable = True, None
        self.connection_epoch += 1
        for prompt in self._prompts.values():
            prompt.stirred.clear()
        self._notify()

    def restart(self) -> None:
        """Kill it and start it again: queue, history and uploads are empty."""
        lost, self._prompts = self._prompts, {}
        self._pictures.clear()
        self.connection_epoch += 1
        for prompt in lost.values():
            prompt.stirred.set()
        self._notify()

    # what a test asks

    def times(self, method: str) -> int:
        """How often this method was called."""
        return sum(called == method for called, _ in self.calls)

    def has_any(self, *prompt_ids: str) -> bool:
        """Whether any of these waits, runs, or is in the history."""
        return any(prompt_id in self._prompts for prompt_id in prompt_ids)

    async def called(self, method: str, times: int = 1) -> None:
        """Wait until this method was called so often."""
        await self.until(lambda: self.times(method) >= times)

    # ComputeServer

    @property
    def unavailable_reason(self) -> comfy.UnavailableReason | None:
        return self.unavailable or (None if self.reachable else comfy.UnavailableReason.UNREACHABLE)

    async def ready(self) -> None:
        while self.unavailable_reason:
            await self.changed()

    async def changed(self) -> None:
        await self._changed.wait()

    async def refresh(self) -> None:
        self.calls.append(("refresh", self.name))
        if self.reachable and self.installed != self.runnable:
            self._answer()

    def choices(self, workflow: str) -> Mapping[str, comfy.Choice]:
        if self.lacks_options or workflow not in self.runnable:
            return {}
        loras = {comfy.LORA_CHOICE: comfy.lora_choice(self.loras)} if self.loras else {}
        return {**WORKFLOWS[workflow].choices, **loras}

    def build(
        self,
        workflow: str,
        values: Mapping[str, object],
        image: str,
        choices: Mapping[str, str] = NONE,
        *,
        preset: str = "",
        last_image: str | None = None,
        loras: Mapping[str, float] = NO_LORAS,
    ) -> comfy.Graph:
        if workflow not in WORKFLOWS:
            raise comfy.WorkflowInvalid(workflow=workflow, reason="there is no such workflow")
        if workflow not in self.runnable:
            raise comfy.NodeMissing(class_type="WanVideoSampler")
        return comfy.build_graph(
            WORKFLOWS[workflow], values, image, choices, preset=preset, last_image=last_image
        )

    async def upload(self, picture: bytes, *, name: str) -> str:
        self._call("upload", name)
        number, reference = 0, f"animate/{name} [temp]"
        while self._pictures.get(reference, picture) != picture:
            number += 1
            reference = f"animate/{name.removesuffix('.png')} ({number}).png [temp]"
        self._pictures[reference] = picture
        return reference

    async def submit(self, prompt_id: str, graph: comfy.Graph, *, tries: int = 3) -> None:
        self._call("submit", prompt_id)
        self._queue(prompt_id, graph)

    async def resume(self, prompt_id: str, graph: comfy.Graph, *, tries: int = 3) -> None:
        self._call("resume", prompt_id)
        if prompt_id not in self._prompts:
            self._queue(prompt_id, graph)

    @asynccontextmanager
    async def follow(self, prompt_id: str, graph: comfy.Graph) -> AsyncGenerator[AsyncIterator[comfy.Event]]:
        async with aclosing(self._events(prompt_id)) as events:
            yield events

    async def locate(self, prompt_id: str, *, output: str | None = None) -> comfy.JobPosition | None:
        self._call("locate", prompt_id)
        prompt = self._prompts.get(prompt_id)
        if prompt is None:
            return None
        if prompt.outcome is None:
            return comfy.Running()
        if self.saved_by and isinstance(prompt.outcome, comfy.Done):
            every = tuple(file for files in self.saved_by.values() for file in files)
            files = every if output is None else self.saved_by.get(output, ())
            return comfy.Finished(outcome=replace(prompt.outcome, files=files))
        return comfy.Finished(outcome=prompt.outcome)

    async def cancel(self, prompt_id: str) -> None:
        self._call("cancel", prompt_id)
        if prompt := self._prompts.get(prompt_id):
            prompt.stopped = True
            prompt.stirred.set()

    async def download(self, file: comfy.OutputFile, to: Path, *, limit: int) -> None:
        self._call("download", file.filename)
        data = self._content(file)
        if len(data) > limit:
            raise comfy.TooLarge(limit=limit)
        await asyncio.to_thread(to.write_bytes, data)

    async def size_of(self, file: comfy.OutputFile) -> int:
        self._call("size_of", file.filename)
        return len(self._content(file))

    async def overwrite(self, file: comfy.OutputFile) -> None:
        self.calls.append(("overwrite", file.filename))
        if not self.reachable:
            return
        if file.filename in self.files:
            self.files[file.filename] = b"erased"
        if (reference := f"{file.subfolder}/{file.filename} [temp]") in self._pictures:
            self._pictures[reference] = b"erased"

    async def forget(self, prompt_id: str) -> bool:
        self.calls.append(("forget", prompt_id))
        fails = not self.reachable or (self._errors["forget"] and self._errors["forget"].popleft())
        if not fails and (prompt := self._prompts.get(prompt_id)) and prompt.outcome:
            del self._prompts[prompt_id]
        self._notify()
        return not fails

    async def owned_history(self) -> Sequence[str]:
        self._call("owned_history", self.name)
        return [prompt_id for prompt_id, prompt in self._prompts.items() if prompt.outcome]

    # how it does so

    def _notify(self) -> None:
        Observable.changed(self)

    def _answer(self) -> None:
        self.runnable = self.installed
        self.missing = {name: [LACKED] for name in WORKFLOWS if name not in self.installed}
        self.answered_at = time.time()
        self._notify()

    def _call(self, method: str, about: str) -> None:
        self.calls.append((method, about))
        self._notify()
        self._check_reachable()
        error = self._errors[method].popleft() if self._errors[method] else None
        if error:
            raise error

    def _check_reachable(self) -> None:
        if self.unavailable is comfy.UnavailableReason.TOKEN_REFUSED:
            raise comfy.TokenRefused
        if not self.reachable:
            raise comfy.ServerUnreachable(reason="refused")

    def _queue(self, prompt_id: str, graph: comfy.Graph) -> None:
        for name, node in graph.nodes.items():
            if node.class_type == "LoadImage" and node.inputs["image"] not in self._pictures:
                raise comfy.GraphRejected(node=name, class_type="LoadImage", field="image", reason="gone")
        self.ran.append(prompt_id)
        self._prompts[prompt_id] = ScriptedPrompt(self.scripts.get(prompt_id, self.script))
        self._notify()

    async def _events(self, prompt_id: str) -> AsyncGenerator[comfy.Event]:
        self._check_reachable()
        prompt = self._prompts.get(prompt_id)
        if prompt is None:
            raise comfy.JobLost
        if prompt.outcome:
            yield prompt.outcome
            return
        for step in (*prompt.script, Hold()):
            if isinstance(step, Hold):
                await step.wait(unless=prompt.stirred)
            self._check(prompt_id, prompt)
            event = comfy.Interrupted(node="") if prompt.stopped else step
            if isinstance(event, Exception):
                raise event
            if isinstance(event, OUTCOMES):
                prompt.outcome = event
                yield event
                return
            if not isinstance(event, Hold):
                yield event

    def _check(self, prompt_id: str, prompt: ScriptedPrompt) -> None:
        self._check_reachable()
        if self._prompts.get(prompt_id) is not prompt:
            raise comfy.JobLost

    def _stir(self) -> None:
        for prompt in self._prompts.values():
            prompt.stirred.set()
        self._notify()

    def _content(self, file: comfy.OutputFile) -> bytes:
        if file.filename not in self.files:
            raise comfy.JobLost
        return self.files[file.filename]
