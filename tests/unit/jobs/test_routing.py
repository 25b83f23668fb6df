"""Which server runs which job: substitutes of the same preset, options that a server lacks."""

from dataclasses import replace

import pytest

from comfy import LORA_CHOICE, UnavailableReason
from jobs.announcer import WaitReason
from jobs.routing import (
    WAIT_REASONS,
    KnownServer,
    all_away_since,
    can_run,
    lacking,
    loras_among,
    offer_of,
    pick_workflow,
    read_known_servers,
    record_of,
    runnable_by_any,
    servable,
    wait_reason,
)
from tests.unit.jobs.ending_setup import with_last_picture
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.lora_setup import LORA_WORKFLOWS, TAKING, server_with
from tests.unit.jobs.sample_jobs import PARAMS
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer


def test_a_server_without_the_jobs_workflow_runs_another_of_the_same_preset() -> None:
    assert pick_workflow(WORKFLOWS, frozenset({"wan21_i2v_seed"}), PARAMS) == "wan21_i2v_seed"
    assert "wan21_i2v" in servable(WORKFLOWS, frozenset({"wan21_i2v_seed"}))
    assert "wan21_i2v_lightx2v" not in servable(WORKFLOWS, frozenset({"wan21_i2v_seed"}))
    assert servable(WORKFLOWS, frozenset()) == frozenset()


def test_a_workflow_that_is_there_has_no_substitute() -> None:
    assert pick_workflow(WORKFLOWS, frozenset(WORKFLOWS), PARAMS) == PARAMS.workflow


def test_a_substitute_can_end_a_clip_as_the_jobs_workflow_can() -> None:
    plain, other = WORKFLOWS["wan21_i2v"], WORKFLOWS["wan21_i2v_seed"]
    runnable, job = frozenset({other.name}), PARAMS
    for of_job, of_other, stands_in in (
        (plain, with_last_picture(other), True),
        (plain, with_last_picture(other, needed=True), False),
        (with_last_picture(plain), other, False),
        (with_last_picture(plain), with_last_picture(other), True),
        (with_last_picture(plain, needed=True), with_last_picture(other), True),
    ):
        workflows = {plain.name: of_job, other.name: of_other}
        assert (pick_workflow(workflows, runnable, job) == other.name) == stands_in
        assert (plain.name in servable(workflows, runnable)) == stands_in


def test_what_nothing_stands_in_for_keeps_its_name() -> None:
    assert pick_workflow(WORKFLOWS, frozenset(), PARAMS) == PARAMS.workflow
    turbo = replace(PARAMS, workflow="wan21_i2v_lightx2v", preset="turbo")
    assert pick_workflow(WORKFLOWS, frozenset({"wan21_i2v_seed"}), turbo) == turbo.workflow
    assert pick_workflow(WORKFLOWS, frozenset(WORKFLOWS), replace(PARAMS, workflow="gone")) == "gone"


def test_a_server_offers_the_choices_of_what_it_runs() -> None:
    server = ScriptedServer()
    server.runnable = frozenset({"wan21_i2v"})
    assert offer_of(server) == {"wan21_i2v": WORKFLOWS["wan21_i2v"].choices}


def test_an_option_is_lacking_where_another_server_has_it() -> None:
    having, without = ScriptedServer("one"), ScriptedServer("two")
    without.lacks_options = True
    lacks = lacking(WORKFLOWS, offer_of(without), [offer_of(having)])
    assert "wan21_i2v/pingpong/back" in lacks
    assert lacking(WORKFLOWS, offer_of(having), [offer_of(without)]) == frozenset()


def test_what_nobody_has_is_lacking_nowhere() -> None:
    without = ScriptedServer()
    without.lacks_options = True
    assert lacking(WORKFLOWS, offer_of(without), [offer_of(without)]) == frozenset()
    assert lacking(WORKFLOWS, offer_of(without), []) == frozenset()


def test_a_substitute_brings_its_options_along() -> None:
    having, without = ScriptedServer("one"), ScriptedServer("two")
    having.runnable = frozenset({"wan21_i2v_seed"})
    without.lacks_options = True
    assert "wan21_i2v/pingpong/back" in lacking(WORKFLOWS, offer_of(without), [offer_of(having)])


# why a job waits


def known_server(
    *workflows: str, live: bool = True, unavailable: UnavailableReason | None = None, known: bool = True
) -> KnownServer:
    offer = {name: WORKFLOWS[name].choices for name in workflows} if known else None
    unavailable = unavailable if live or unavailable else UnavailableReason.UNREACHABLE
    return KnownServer(name="gpu", offer=offer, live=live, unavailable=unavailable)


def reason_of(*known_servers: KnownServer, **changes: object) -> WaitReason | None:
    return wait_reason(WORKFLOWS, known_servers, replace(PARAMS, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("unavailable", UnavailableReason)
def test_a_job_waits_for_what_keeps_its_only_server(unavailable: UnavailableReason) -> None:
    only = known_server("wan21_i2v", unavailable=unavailable)
    assert reason_of(only) is WAIT_REASONS[unavailable]
    assert reason_of(only, workflow="wan21_i2v_lightx2v", preset="turbo") is WaitReason.CANNOT_RUN


def test_where_one_server_takes_it_only_its_turn_has_not_come() -> None:
    busy = known_server("wan21_i2v", unavailable=UnavailableReason.GIVING_WAY)
    assert reason_of(busy, known_server("wan21_i2v")) is None
    assert reason_of(busy, known_server("wan21_i2v_seed")) is None  # a substitute


def test_servers_that_cannot_run_it_do_not_count() -> None:
    busy = known_server("wan21_i2v", unavailable=UnavailableReason.GIVING_WAY)
    assert reason_of(busy, known_server("wan21_i2v_lightx2v")) is WaitReason.GIVING_WAY
    down = known_server("wan21_i2v", live=False)
    assert reason_of(down, known_server("wan21_i2v_lightx2v")) is WaitReason.UNREACHABLE
    assert reason_of(down, busy) is WaitReason.GIVING_WAY


def test_a_server_that_is_away_may_be_able_to_when_it_is_back() -> None:
    for away in (known_server(live=False), known_server(live=False, known=False)):
        assert reason_of(away) is WaitReason.UNREACHABLE
        assert reason_of(away, known_server("wan21_i2v_lightx2v")) is WaitReason.UNREACHABLE
    refused = known_server(live=False, unavailable=UnavailableReason.TOKEN_REFUSED, known=False)
    assert reason_of(refused) is WaitReason.TOKEN_REFUSED
    assert reason_of() is WaitReason.CANNOT_RUN


def test_an_option_waits_for_a_connected_server_that_has_it_else_for_none() -> None:
    plain = KnownServer(name="a", offer={"wan21_i2v": {}}, live=True, unavailable=None)
    having = known_server("wan21_i2v", unavailable=UnavailableReason.GIVING_WAY)
    chosen = {"pingpong": "back"}
    assert reason_of(plain, having, choices=chosen) is WaitReason.GIVING_WAY
    assert reason_of(plain, choices=chosen) is None  # whichever claims the job fails it with a reason
    assert reason_of(plain, known_server("wan21_i2v", live=False), choices=chosen) is None
    assert reason_of(known_server("wan21_i2v", live=False), choices=chosen) is WaitReason.UNREACHABLE
    assert not can_run(WORKFLOWS, {"wan21_i2v": {}}, replace(PARAMS, choices=chosen))


async def test_a_server_that_never_answered_is_known_by_what_it_said_last(setup: JobSetup) -> None:
    before = ScriptedServer("one:8188")
    before.answer("wan21_i2v", "wan21_i2v_seed")
    record = record_of(before)
    assert record.missing["wan21_i2v_lightx2v"] == ["vae.safetensors for VAELoader is not on this ComfyUI"]
    away = await read_known_servers(setup.store, WORKFLOWS, [ScriptedServer.never_reached("one:8188")])
    assert [(each.offer, each.live) for each in away] == [(None, False)]
    assert runnable_by_any(away) is None

    await setup.store.record_server(replace(record, runnable=record.runnable | {"one that is gone"}))
    servers = [ScriptedServer.never_reached("one:8188"), ScriptedServer("two:8188")]
    first, second = await read_known_servers(setup.store, WORKFLOWS, servers)
    assert first.offer == offer_of(before)
    assert (first.unavailable, second.unavailable) == (UnavailableReason.UNREACHABLE, None)
    assert runnable_by_any([first]) == {"wan21_i2v", "wan21_i2v_seed"}
    assert runnable_by_any([first, second]) == set(WORKFLOWS)


async def test_an_option_that_was_not_there_is_not_remembered(setup: JobSetup) -> None:
    server = ScriptedServer()
    server.lacks_options = True
    await setup.store.record_server(record_of(server))
    (known,) = await read_known_servers(setup.store, WORKFLOWS, [ScriptedServer.never_reached()])
    assert known.offer
    assert known.offer["wan21_i2v"]["pingpong"].options == {}


# LoRAs


def test_a_job_runs_where_its_loras_are() -> None:
    both, one = server_with("smoke", "rain"), server_with("smoke")
    wanted = replace(PARAMS, loras={"smoke": 1.0, "rain": 0.5})
    assert both.offer
    assert one.offer
    assert can_run(LORA_WORKFLOWS, both.offer, wanted)
    assert not can_run(LORA_WORKFLOWS, one.offer, wanted)
    assert lacking(LORA_WORKFLOWS, one.offer, [both.offer]) == {"wan21_i2v/@lora/rain"}
    assert lacking(LORA_WORKFLOWS, both.offer, [one.offer]) == frozenset()


def test_loras_of_a_server_that_is_away_are_waited_for_but_not_its_options() -> None:
    here, away = server_with("smoke"), server_with("rain", live=False)
    assert here.offer
    assert away.offer
    plain = {name: {} for name in here.offer}
    assert lacking(LORA_WORKFLOWS, here.offer, [], [away.offer]) == {"wan21_i2v/@lora/rain"}
    assert lacking(LORA_WORKFLOWS, plain, [], [away.offer]) == {"wan21_i2v/@lora/rain"}
    wanted = replace(PARAMS, loras={"rain": 1.0})
    assert wait_reason(LORA_WORKFLOWS, [here, away], wanted) is WaitReason.UNREACHABLE
    assert wait_reason(LORA_WORKFLOWS, [away], wanted) is WaitReason.UNREACHABLE
    busy = server_with("rain", unavailable=UnavailableReason.GIVING_WAY)
    assert wait_reason(LORA_WORKFLOWS, [here, busy], wanted) is WaitReason.GIVING_WAY
    assert wait_reason(LORA_WORKFLOWS, [here, server_with("rain")], wanted) is None


def test_loras_of_all_servers_are_offered_and_none_of_one_that_never_said() -> None:
    silent = KnownServer(name="b", offer=None, live=False, unavailable=UnavailableReason.UNREACHABLE)
    servers = [server_with("smoke", "Zoom"), server_with("rain", live=False), silent]
    assert loras_among(LORA_WORKFLOWS, servers, "wan21_i2v", "fast") == ["rain", "smoke", "Zoom"]
    assert loras_among(LORA_WORKFLOWS, [silent], "wan21_i2v", "fast") == []
    assert loras_among(WORKFLOWS, [known_server("wan21_i2v")], "wan21_i2v", "fast") == []


async def test_loras_are_remembered_while_the_server_is_away(setup: JobSetup) -> None:
    before = ScriptedServer("one:8188")
    before.loras = ("smoke",)
    await setup.store.record_server(record_of(before))
    silent = [ScriptedServer.never_reached("one:8188")]
    (known,) = await read_known_servers(setup.store, {TAKING.name: TAKING}, silent)
    assert loras_among(LORA_WORKFLOWS, [known], "wan21_i2v", "fast") == ["smoke"]
    (known,) = await read_known_servers(setup.store, WORKFLOWS, silent)
    assert known.offer
    assert LORA_CHOICE not in known.offer["wan21_i2v"]


def test_all_are_away_since_the_last_one_left() -> None:
    def away(since: float | None, *, live: bool = False) -> KnownServer:
        return KnownServer(name="gpu", offer=None, live=live, unavailable=None, away_since=since)

    assert all_away_since([away(5.0), away(50.0)]) == 50.0
    assert all_away_since([away(5.0), away(None, live=True)]) is None
    assert all_away_since([away(5.0), away(None)]) is None, "since when is not known"
    assert all_away_since([]) is None
