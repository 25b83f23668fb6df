"""The Announcer on Discord: each fact about a job becomes an edit of its status message, or its result."""

import comfy
from cogs.i18n.catalogue import translate
from cogs.messages.delivery import Delivery
from cogs.messages.status_editor import StatusEditor
from cogs.ui.texts import render_event, render_final_status, render_waiting
from jobs.announcer import JobStage, QueuePosition, RequeueReason
from storage import Job, Lease


class DiscordAnnouncer:
    """Renders what the worker tells in the job's language. Implements `jobs.announcer.Announcer`."""

    def __init__(self, status_editor: StatusEditor, delivery: Delivery) -> None:
        self._status_editor = status_editor
        self._delivery = delivery

    def waiting(self, job: Job, position: QueuePosition) -> None:
        """Show the position in the queue."""
        self._status_editor.show(job, render_waiting(job, position))

    def stage(self, job: Job, stage: JobStage) -> None:
        """Show a stage outside of ComfyUI."""
        self._status_editor.show(job, translate(job.locale, stage.value))

    def progress(self, job: Job, event: comfy.Event, finish: float | None) -> None:
        """Show what ComfyUI told, where it changes anything that a person would see."""
        text = render_event(job, event, finish)
        if text:
            self._status_editor.show(job, text)

    def preview(self, job: Job, preview: comfy.Preview) -> None:
        """Show a picture of the clip as it forms below the status."""
        self._status_editor.show_preview(job, preview)

    def requeued(self, job: Job, reason: RequeueReason) -> None:
        """Show that the job waits again."""
        self._status_editor.show(job, translate(job.locale, reason.value))

    def ended(self, job: Job) -> None:
        """Show the final status."""
        self._status_editor.finish(job, render_final_status(job))

    async def deliver(self, lease: Lease) -> None:
        """Send the result. Raises JobFailure, MediaError, StoreError, LeaseLost."""
        await self._delivery.deliver(lease)
