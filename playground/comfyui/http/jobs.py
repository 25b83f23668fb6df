"""The shapes of /api/jobs (recordings 02, 10, 11, 12)."""

from collections.abc import Mapping

from playground.comfyui.graph import Json, parse_list, parse_object
from playground.comfyui.queue import PromptQueue
from playground.comfyui.values import Finished, Outcome, Prompt

STATUSES = ("pending", "in_progress", "completed", "failed", "cancelled")
_STATUS: Mapping[Outcome, str] = {
    Outcome.SUCCESS: "completed",
    Outcome.ERROR: "failed",
    Outcome.INTERRUPTED: "cancelled",
}


def list_jobs(prompt_queue: PromptQueue) -> list[Json]:
    """All jobs, newest first."""
    waiting = [_open_job(prompt, "pending") for prompt in prompt_queue.pending]
    running = [_open_job(prompt_queue.running, "in_progress")] if prompt_queue.running else []
    done = [_closed_job(finished) for finished in prompt_queue.history.values()]
    return sorted([*waiting, *running, *done], key=lambda job: int(str(job["create_time"])), reverse=True)


def find_job(prompt_queue: PromptQueue, prompt_id: str) -> Json | None:
    """One job in full; None if it is unknown."""
    finished = prompt_queue.history.get(prompt_id)
    if finished is None:
        return next((job for job in list_jobs(prompt_queue) if job["id"] == prompt_id), None)
    return {
        **_closed_job(finished),
        "outputs": finished.outputs,
        "execution_status": finished.as_status(),
        "workflow": {"prompt": finished.prompt.graph, "extra_data": finished.prompt.extra},
    }


def _open_job(prompt: Prompt, status: str) -> Json:
    return {**_head(prompt, status), "outputs_count": 0, "previewable_outputs_count": 0}


def _closed_job(finished: Finished) -> Json:
    error = finished.messages[-1][1] if finished.outcome is Outcome.ERROR else None
    preview = _preview(finished)
    return {
        **_head(finished.prompt, _STATUS[finished.outcome]),
        "execution_start_time": finished.messages[0][1]["timestamp"],
        "execution_end_time": finished.messages[-1][1]["timestamp"],
        **({"execution_error": error} if error else {}),
        "outputs_count": 1 if preview else 0,
        "previewable_outputs_count": 1 if preview else 0,
        **({"preview_output": preview} if preview else {}),
    }


def _head(prompt: Prompt, status: str) -> Json:
    return {"id": prompt.id, "status": status, "priority": prompt.number, "create_time": prompt.created}


def _preview(finished: Finished) -> Json | None:
    for node_id, ui in finished.outputs.items():
        for media, files in parse_object(ui).items():
            for entry in parse_list(files):
                return {**parse_object(entry), "nodeId": node_id, "mediaType": media}
    return None
