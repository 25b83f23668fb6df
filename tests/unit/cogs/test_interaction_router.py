"""Which handler answers a button, a select or a modal, and what becomes of forged ones."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cogs.i18n.catalogue import translate
from cogs.interaction_router import find_handler
from jobs.errors import Refusal
from playground.discord.interactions.registry import Interaction, InteractionKind
from tests.unit.cogs.bot_setup import BotSetup

HUGE = "9" * 5_000
JOB = "0c6f1f8e-0000-4000-8000-000000000000"


def field(name: str, **changes: object) -> dict[str, object]:
    return {"type": 18, "component": {"type": 4, "custom_id": name, "value": "x", **changes}}


def modal(custom_id: object, *components: object, **changes: object) -> dict[str, object]:
    return {"custom_id": custom_id, "components": list(components), **changes}


def nested(depth: int) -> Any:
    inner: Any = {"type": 4, "custom_id": "prompt", "value": "x"}
    for _ in range(depth):
        inner = {"type": 18, "component": inner}
    return inner


PICTURE = field("image", type=19, values=["1"])
MODALS: Mapping[str, Mapping[str, object]] = {
    "no action": modal("//x"),
    "no such action": modal("nothing:1"),
    "no custom id": modal(None),
    "a button's action": modal(f"again:{JOB}"),
    "of a job that is not there": modal(f"change:{JOB}", field("prompt")),
    "a job's id that cannot be encoded": modal("change:\ud800", field("prompt")),
    "a draft of another": modal("animate:5", field("prompt")),
    "a draft of 2^63": modal(f"animate:{2**63}"),
    "a draft of 5,000 digits": modal(f"animate:{HUGE}"),
    "a negative draft": modal("animate:-1"),
    "a draft in Arabic digits": modal("animate:\u0661\u0662"),
    "a superscript draft": modal("animate:²"),
    "an upload without resolved": modal("animate:", PICTURE),
    "an upload that is not there": modal("animate:", PICTURE, resolved={"attachments": {}}),
    "uploads of another kind": modal("animate:", PICTURE, resolved={"attachments": ["1"]}),
    "resolved of another kind": modal("animate:", PICTURE, resolved=[]),
    "a file without an address": modal("animate:", PICTURE, resolved={"attachments": {"1": {"size": "x"}}}),
    "an address without a host": modal(
        "animate:", PICTURE, resolved={"attachments": {"1": {"url": "//x", "filename": "//["}}}
    ),
    "an address that is no text": modal("animate:", PICTURE, resolved={"attachments": {"1": {"url": 7}}}),
    "no upload chosen": modal("animate:", field("image", type=19, values=[])),
    "components of another kind": modal("animate:", None, 5, [], {"type": 1}, {"type": 18, "component": 3}),
    "a text that is a number": modal("animate:", field("prompt", value=5)),
    "a choice that is a number": modal("animate:", field("motion", type=3, values=5)),
    "components in components": modal("animate:", nested(300)),
    "no components": modal("animate:"),
}
COMPONENTS: Mapping[str, Mapping[str, object]] = {
    "no action": {"component_type": 2, "custom_id": "//x"},
    "no such action": {"component_type": 2, "custom_id": "nothing:1"},
    "an empty argument": {"component_type": 2, "custom_id": "again:"},
    "a job that is not there": {"component_type": 2, "custom_id": f"deletenow:{JOB}"},
    "a job's id that cannot be encoded": {"component_type": 2, "custom_id": "info:\ud800"},
    "a long id": {"component_type": 2, "custom_id": f"info:{HUGE}"},
    "a page of 5,000 digits": {"component_type": 2, "custom_id": f"older:{HUGE}"},
    "a page of 2^63": {"component_type": 2, "custom_id": f"newer:{2**63}"},
    "a page that is no number": {"component_type": 2, "custom_id": "older:x"},
    "an empty menu": {"component_type": 3, "custom_id": "menu details:", "values": []},
    "a menu without values": {"component_type": 3, "custom_id": "menu help:topic"},
    "a menu of numbers": {"component_type": 3, "custom_id": "menu cancel:", "values": [1, None]},
    "a menu that is no list": {"component_type": 3, "custom_id": "menu details:", "values": 5},
    "a menu of too many": {"component_type": 3, "custom_id": "menu cancel:", "values": ["x"] * 10_000},
    "a topic that is none": {"component_type": 3, "custom_id": "menu help:topic", "values": ["x"]},
    "a button as a menu": {"component_type": 2, "custom_id": "menu details:"},
    "a menu as a button": {"component_type": 3, "custom_id": "details:", "values": ["x"]},
    "another kind": {"component_type": 99, "custom_id": "older:x"},
}


def test_an_action_without_a_handler_is_of_another_version() -> None:
    assert find_handler({"again": 1}, "again") == 1
    with pytest.raises(Refusal, match="outdated"):
        find_handler({"again": 1}, "gone")


async def test_buttons_selects_and_modals_reach_the_cog_that_declared_them(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    job = await bot.queued(ada)
    card = await (await ada.command("queue")).shows()
    await ada.choose(card, "menu cancel:", job.id)
    await bot.reads(job.status_message, "Cancelled")


async def test_who_comes_while_the_bot_shuts_down_gets_one_answer_and_no_error_is_logged(
    bot: BotSetup, caplog: pytest.LogCaptureFixture
) -> None:
    ada = bot.playground.member("ada")
    card = await (await ada.command("queue")).shows()
    bot.context.in_flight.close()
    for late in (await ada.command("queue"), await ada.press(card, "queue:")):
        assert await late.refused() == translate("en-US", "refused_closing")
        assert late.interaction
        assert late.interaction.followups == []
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


async def test_forged_interactions_get_one_private_sentence_and_write_nothing(
    bot: BotSetup, caplog: pytest.LogCaptureFixture
) -> None:
    forged = {f"modal: {name}": (InteractionKind.MODAL, data) for name, data in MODALS.items()}
    forged |= {f"component: {name}": (InteractionKind.COMPONENT, data) for name, data in COMPONENTS.items()}
    sent = {name: send(bot, kind, data) for name, (kind, data) in forged.items()}
    async with asyncio.timeout(20):
        for interaction in sent.values():
            await bot.until(lambda interaction=interaction: interaction.answer)
    said = {name: private_answer(bot, each) for name, each in sent.items()}
    assert [name for name, text in said.items() if not text] == []
    assert await bot.context.store.history(bot.playground.member("ada").id) == []
    assert [each.getMessage() for each in caplog.records if each.exc_info] == []


@pytest.mark.parametrize("left_out", ["components", "custom_id", "data"])
async def test_what_discord_py_cannot_read_is_answered_without_a_traceback(
    bot: BotSetup, caplog: pytest.LogCaptureFixture, left_out: str
) -> None:
    parsers = bot.context.client._connection.parsers
    guarded = parsers["INTERACTION_CREATE"]

    def cut(data: dict[str, Any]) -> None:
        inner = {name: value for name, value in data["data"].items() if name != left_out}
        guarded({name: value for name, value in (data | {"data": inner}).items() if name != left_out})

    parsers["INTERACTION_CREATE"] = cut
    interaction = send(bot, InteractionKind.MODAL, modal("animate:"))
    await bot.until(lambda: interaction.answer)
    assert private_answer(bot, interaction)
    assert [each.getMessage() for each in caplog.records if each.exc_info] == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["prompt", "image", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "custom_id", "value", "values", "component", "components", "1", "url"]),
            inner,
        )
    ),
    max_leaves=12,
)
ACTIONS = [
    "again",
    "change",
    "extend",
    "details",
    "menu details",
    "menu help",
    "menu cancel",
    "older",
    "animate",
    "info",
]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from([InteractionKind.COMPONENT, InteractionKind.MODAL]),
    action=st.sampled_from(ACTIONS),
    argument=st.text(max_size=20),
    rest=st.fixed_dictionaries({}, optional={"values": JSON, "resolved": JSON}),
    components=JSON,
)
async def test_whatever_is_forged_is_answered(
    bot: BotSetup, kind: InteractionKind, action: str, argument: str, rest: dict[str, Any], components: object
) -> None:
    data = {"custom_id": f"{action}:{argument}", "component_type": 2, "components": components, **rest}
    interaction = send(bot, kind, data)
    await bot.until(lambda: interaction.answer)
    assert await bot.context.store.history(bot.playground.member("ada").id) == []


def send(bot: BotSetup, kind: InteractionKind, data: Mapping[str, object]) -> Interaction:
    """An interaction of Ada's that no client would send."""
    source = bot.post("a message") if kind is InteractionKind.COMPONENT else None
    ada, channel = bot.playground.member("ada"), bot.playground.channel
    return bot.playground.discord.interactions.open(kind, ada.id, channel, dict(data), source)


def private_answer(bot: BotSetup, interaction: Interaction) -> str | None:
    """The text of the only message that answers, if it is private and no traceback."""
    sent = [each for each in (interaction.original, *interaction.followups) if each]
    messages = [bot.playground.state.messages[each] for each in sent]
    if len(messages) != 1 or not messages[0].only_for or "Traceback" in messages[0].content:
        return None
    return messages[0].content
