"""What an edit of a status changes below its text: the preview and the buttons."""

import io
from typing import TypedDict

import discord
from discord import ui

from cogs.i18n.catalogue import translate
from cogs.messages.status_facts import StatusContent
from cogs.ui.job_buttons import final_buttons
from storage import Job, State

BEFORE_PREVIEWS = frozenset({State.QUEUED, State.CLAIMED, State.SUBMITTING})


class EditArguments(TypedDict, total=False):
    """The arguments of `edit` for what is below the text."""

    attachments: list[discord.File | discord.Attachment]
    view: ui.View | None


def edit_arguments(content: StatusContent, job: Job) -> EditArguments:
    """What an edit changes beside the text: no preview before there is one, nor after the end."""
    if content.final:
        return {"attachments": [], "view": final_buttons(job)}
    if content.preview is None:
        return {"attachments": []} if job.state in BEFORE_PREVIEWS and job.attempts else {}
    name = f"preview.{content.preview.kind}"
    picture = io.BytesIO(content.preview.image)
    description, spoiler = translate(job.locale, "preview"), job.params.spoiler
    return {"attachments": [discord.File(picture, name, description=description, spoiler=spoiler)]}
