"""The Announcer on Discord: an event of a job becomes an edit of its status message, or its result."""

from dataclasses import replace

import comfy
from cogs.i18n.catalogue import translate
from cogs.messages.delivery import Delivery
from cogs.messages.status_editor import StatusEditor
from cogs.ui.texts import render_event, render_waiting
from jobs.announcer import JobStage, QueuePosition, RequeueReason
from storage import Job, Lease


class DiscordAnnouncer:
    """Renders a job's events in its language. Implements `jobs.announcer.Announcer`."""

    def __init__(self, status_editor: StatusEditor, delivery: Delivery) -> None:
        self._status_editor = status_editor
        self._delivery = delivery

    def waiting(self, job: Job, position: QueuePosition) -> None:
        """Show the position in the queue."""
        self._status_editor.show(
            job,
            render_waiting(job, position),
            eta=position.expected_end,
            without_eta=render_waiting(job, replace(position, expected_end=None)),
        )

    def stage(self, job: Job, stage: JobStage) -> None:
        """Show a stage outside of ComfyUI."""
        self._status_editor.show(job, translate(job.locale, stage.value))

    def progress(self, job: Job, event: comfy.Event, finish: float | None) -> None:
        """Show an event of ComfyUI, if it has a text."""
        text, without_eta = render_event(job, event, finish), render_event(job, event)
        if text and without_eta:
            self._status_editor.show(job, text, eta=finish, without_eta=without_eta)

    def preview(self, job: Job, preview: comfy.Preview) -> None:
        """Attach a preview of the clip to the status message."""
        self._status_editor.show_preview(job, preview)

    def requeued(self, job: Job, reason: RequeueReason) -> None:
        """Show why the job is queued again."""
        self._status_editor.show(job, translate(job.locale, reason.value))

    def cancelling(self, job: Job) -> None:
        """Show that the job is being stopped."""
        self._status_editor.stopping(job)

    def ended(self, job: Job) -> None:
        """Show the final status."""
        self._status_editor.finish(job)

    async def deliver(self, lease: Lease) -> None:
        """Send the result. Raises JobFailure, MediaError, StoreError, LeaseLost."""
        await self._delivery.deliver(lease)
