"""Routes by which an interaction is answered: the callback, its original answer and follow-ups."""

from dataclasses import replace

from playground.discord import errors
from playground.discord.components import numbered
from playground.discord.interactions.commands import choice_problems
from playground.discord.interactions.modals import modal_problems
from playground.discord.interactions.options import focused
from playground.discord.interactions.registry import ALLOWED_CALLBACKS, Callback, Interaction, without_loading
from playground.discord.json_values import Json, as_int, as_object, as_objects
from playground.discord.model import Message, MessageFlag
from playground.discord.render.messages import render_message
from playground.discord.rest.call import Call, Route
from playground.discord.rest.rate_limits import DEFAULT_LIMIT
from playground.discord.rest.threads import reopen, require_takes_messages
from playground.discord.rest.writing import write

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ORIGINAL = WEBHOOK + "/messages/@original"
ONE = WEBHOOK + "/messages/{message_id}"


async def callback(call: Call) -> object:
    """Acknowledge an interaction. The answer holds it, and its message, where `with_response` asks so."""
    interaction = call.interactions.to_acknowledge(
        call.id("interaction_id"), call.params["interaction_token"]
    )
    kind, data = as_int(call.json.get("type")), as_object(call.json.get("data"))
    _check_fits(interaction, kind)
    interaction.answer = Callback(kind)  # at once: while files are read, a second callback must not get in
    try:
        message = await _answer(call, interaction, Callback(kind), data)
    except errors.DiscordRefusal:
        interaction.answer = None
        raise
    call.interactions.publish(interaction)
    if call.query.get("with_response", "false").lower() not in ("1", "true"):
        return None
    return _response(call, interaction, message)


async def _answer(call: Call, interaction: Interaction, kind: Callback, data: Json) -> Message | None:
    match kind:
        case Callback.MESSAGE:
            blank = call.interactions.blank_message(interaction, as_int(data.get("flags")))
            return _original(call, interaction, await _write(call, interaction, blank, data))
        case Callback.DEFERRED_MESSAGE:
            blank = call.interactions.blank_message(interaction, as_int(data.get("flags")))
            _open_thread(call, blank)
            return _original(call, interaction, replace(blank, flags=blank.flags | MessageFlag.LOADING))
        case Callback.UPDATE | Callback.DEFERRED_UPDATE:
            return await _update_source(call, interaction, kind, data)
        case Callback.CHOICES:
            interaction.choices = _valid_choices(interaction, data)
        case Callback.MODAL:
            interaction.modal = _valid_modal(data)
    return None


def _check_fits(interaction: Interaction, kind: int) -> None:
    fitting = ALLOWED_CALLBACKS[interaction.kind]
    if kind not in fitting:
        kinds = ", ".join(str(int(each)) for each in sorted(fitting))
        raise errors.InvalidForm({"type": ("BASE_TYPE_CHOICES", f"Value must be one of {{{kinds}}}.")})


def _valid_choices(interaction: Interaction, data: Json) -> list[Json]:
    choices = as_objects(data.get("choices"))
    kind = as_int(focused(interaction.data).get("type"))
    if problems := choice_problems(choices, kind):
        raise errors.InvalidForm({f"data.{path}": problem for path, problem in problems.items()})
    return choices


def _valid_modal(data: Json) -> Json:
    if problems := modal_problems(data):
        raise errors.InvalidForm({f"data.{path}": problem for path, problem in problems.items()})
    return {**data, "components": numbered(as_objects(data.get("components")))}


def _original(call: Call, interaction: Interaction, message: Message) -> Message:
    interaction.original = message.id
    return call.state.post(message)


async def _update_source(call: Call, interaction: Interaction, kind: Callback, data: Json) -> Message | None:
    """The message that carries the button becomes the original answer."""
    if interaction.source is None:
        raise errors.InvalidForm({"type": ("INTERACTION_TYPE_INVALID", "There is no message to update.")})
    interaction.original = interaction.source.id
    if kind is Callback.DEFERRED_UPDATE:
        return None
    return await _revise(call, interaction, interaction.source.id, data)


async def original(call: Call) -> object:
    """The message that answers the interaction."""
    interaction = _interaction(call)
    return _rendered(call, _message(call, interaction, interaction.original))


async def edit_original(call: Call) -> object:
    """Edit that message."""
    interaction = _interaction(call)
    return _rendered(call, await _revise(call, interaction, interaction.original, call.json))


async def delete_original(call: Call) -> object:
    """Delete that message."""
    interaction = _interaction(call)
    call.state.delete(_message(call, interaction, interaction.original))


async def follow_up(call: Call) -> object:
    """Send a follow-up; while the deferred answer still loads, edit that one instead."""
    interaction = _interaction(call)
    if (loading := call.interactions.loading(interaction)) is not None:
        return _rendered(call, await _revise(call, interaction, loading.id, call.json))
    blank = call.interactions.blank_message(interaction, as_int(call.json.get("flags")))
    blank = replace(
        blank, reply_to=interaction.original if interaction.original in call.state.messages else None
    )
    message = call.state.post(await _write(call, interaction, blank, call.json))
    interaction.followups.append(message.id)
    return _rendered(call, message)


async def one(call: Call) -> object:
    """One follow-up message."""
    interaction = _interaction(call)
    return _rendered(call, _message(call, interaction, call.id("message_id")))


async def edit(call: Call) -> object:
    """Edit a follow-up message."""
    interaction = _interaction(call)
    return _rendered(call, await _revise(call, interaction, call.id("message_id"), call.json))


async def delete(call: Call) -> object:
    """Delete a follow-up message."""
    interaction = _interaction(call)
    call.state.delete(_message(call, interaction, call.id("message_id")))


def _interaction(call: Call) -> Interaction:
    if call.id("webhook_id") != call.state.bot.id:
        raise errors.unknown("Webhook")
    return call.interactions.by_token(call.params["webhook_token"])


def _message(call: Call, interaction: Interaction, message_id: int | None) -> Message:
    """One of the interaction's own messages."""
    message = call.state.messages.get(message_id or 0)
    if message is None or message_id not in (interaction.original, *interaction.followups):
        raise errors.unknown("Message")
    return message


def _rendered(call: Call, message: Message) -> dict[str, object]:
    return render_message(call.state, message)


async def _revise(call: Call, interaction: Interaction, message_id: int | None, body: Json) -> Message:
    message = _message(call, interaction, message_id)
    loading = bool(message.flags & MessageFlag.LOADING)
    edited = without_loading(message) if loading else replace(message, edited_at=call.state.clock.now())
    written = await _write(call, interaction, edited, body)
    current = _message(call, interaction, message_id)
    return call.state.revise(replace(written, reactions=current.reactions))


async def _write(call: Call, interaction: Interaction, message: Message, body: Json) -> Message:
    _open_thread(call, message)
    return await write(call, message, body, call.interactions.upload_limit(interaction))


def _open_thread(call: Call, message: Message) -> None:
    """An interaction's public message unarchives its thread, and passes a lock while that is active."""
    channel = call.state.channel(message.channel_id)
    if message.only_for is None and channel.archived:
        require_takes_messages(call, channel)
        reopen(call, channel)


def _response(call: Call, interaction: Interaction, message: Message | None) -> dict[str, object]:
    described: dict[str, object] = {"id": str(interaction.id), "type": int(interaction.kind)}
    resource: dict[str, object] = {"type": int(interaction.answer or 0)}
    if message is not None:
        described |= {
            "response_message_id": str(message.id),
            "response_message_loading": bool(message.flags & MessageFlag.LOADING),
            "response_message_ephemeral": message.only_for is not None,
        }
        resource["message"] = _rendered(call, message)
    return {"interaction": described, "resource": resource}


ROUTES = (
    Route(method="POST", template=CALLBACK, handler=callback, limit=DEFAULT_LIMIT, needs_token=False),
    *(
        Route(method=method, template=template, handler=handler, needs_token=False)
        for method, template, handler in (
            ("POST", WEBHOOK, follow_up),
            ("GET", ORIGINAL, original),
            ("PATCH", ORIGINAL, edit_original),
            ("DELETE", ORIGINAL, delete_original),
            ("GET", ONE, one),
            ("PATCH", ONE, edit),
            ("DELETE", ONE, delete),
        )
    ),
)
