"""What the options of a request come to on the servers that are known."""

from dataclasses import replace

import pytest

import comfy
from jobs.errors import Refusal
from jobs.options import Options
from jobs.routing import KnownServer, describe_server
from jobs.selection import choices_among, models_among, select, selected_params
from tests.unit.jobs.ending_setup import with_last_picture
from tests.unit.jobs.lora_setup import LORA_WORKFLOWS, server_with
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer

PLAIN = Options(prompt="go")


def known(*runnable: str, live: bool = True) -> KnownServer:
    """A server that can run these workflows."""
    server = ScriptedServer()
    server.runnable, server.reachable = frozenset(runnable), live
    return describe_server(WORKFLOWS, server)


UNKNOWN = KnownServer(name="gpu", offer=None, live=False, unavailable=comfy.UnavailableReason.UNREACHABLE)


def test_a_plain_request_takes_turbo_where_a_server_has_it() -> None:
    found = select(WORKFLOWS, PLAIN, [known("wan21_i2v"), known("wan21_i2v_lightx2v")])
    assert (found.workflow, found.preset, found.left_open) == ("wan21_i2v_lightx2v", "turbo", ())
    assert select(WORKFLOWS, PLAIN, [known("wan21_i2v")]).preset == "fast"


def test_where_no_server_ever_answered_the_preset_is_left_open() -> None:
    assert "preset" in select(WORKFLOWS, PLAIN, [UNKNOWN]).left_open
    assert models_among(WORKFLOWS, [UNKNOWN]).keys() == {"wan21_i2v"}


def test_where_connected_servers_can_run_nothing_there_is_no_workflow() -> None:
    with pytest.raises(Refusal) as refused:
        select(WORKFLOWS, PLAIN, [known()])
    assert refused.value.code == "no_workflow"


def test_the_parameters_are_those_of_the_selected_workflow() -> None:
    servers = [known("wan21_i2v")]
    params = selected_params(WORKFLOWS, PLAIN, select(WORKFLOWS, PLAIN, servers), (832, 480))
    assert (params.workflow, params.preset, params.steps) == ("wan21_i2v", "fast", 20)
    assert (params.width, params.height) == (832, 480)


def test_the_choices_are_those_of_any_server() -> None:
    assert "pingpong" in choices_among("wan21_i2v", [known(), known("wan21_i2v")])
    assert choices_among("wan21_i2v", [UNKNOWN]) == {}


ENDING = replace(with_last_picture(WORKFLOWS["wan21_i2v_seed"]), name="ending", family="ending")
NEEDING = replace(
    with_last_picture(WORKFLOWS["wan21_i2v_seed"], needed=True), name="needing", family="needing"
)
ALL = {**WORKFLOWS, "ending": ENDING, "needing": NEEDING}


def offering(*names: str) -> KnownServer:
    """A server that can run these of all workflows."""
    return KnownServer(name="gpu", offer={name: {} for name in names}, live=True, unavailable=None)


@pytest.mark.parametrize("options", [replace(PLAIN, loop=True), replace(PLAIN, end=True)])
def test_a_clip_that_ends_on_a_picture_is_made_by_a_model_that_can(options: Options) -> None:
    servers = [offering("wan21_i2v", "ending", "needing")]
    assert select(ALL, options, servers).workflow == "ending"
    assert select(ALL, PLAIN, servers).workflow == "wan21_i2v"
    assert select(ALL, replace(options, model="needing"), servers).workflow == "needing"


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (replace(PLAIN, end=True, model="wan21_i2v"), "unused"),
        (replace(PLAIN, loop=True, model="wan21_i2v"), "unused"),
        (replace(PLAIN, model="needing"), "last_picture_needed"),
        (replace(PLAIN, end=True, model="no such"), "model"),
    ],
)
def test_a_model_that_cannot_end_a_clip_so_is_refused(options: Options, refusal: str) -> None:
    with pytest.raises(Refusal, match=refusal):
        select(ALL, options, [offering("wan21_i2v", "needing")])


def test_where_no_model_can_end_on_a_picture_the_option_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        select(WORKFLOWS, replace(PLAIN, loop=True), [known("wan21_i2v")])
    assert (refused.value.code, refused.value.values["name"]) == ("unused", "loop")


def test_the_loras_are_those_of_any_server_and_kept_with_their_strength() -> None:
    options = replace(PLAIN, loras=("smoke:0.5", "rain"))
    servers = [server_with("smoke"), server_with("rain", live=False)]
    found = select(LORA_WORKFLOWS, options, servers)
    assert found.loras == {"smoke": 0.5, "rain": 0.9}
    assert selected_params(LORA_WORKFLOWS, options, found).loras == found.loras
    assert choices_among("wan21_i2v", servers).keys() == LORA_WORKFLOWS["wan21_i2v"].choices.keys()


@pytest.mark.parametrize(
    ("servers", "code"),
    [([server_with("rain")], "lora"), ([server_with()], "lora_none"), ([UNKNOWN], "lora_unknown")],
)
def test_a_lora_that_no_server_is_known_to_have_is_refused(servers: list[KnownServer], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        select(LORA_WORKFLOWS, replace(PLAIN, loras=("smoke",)), servers)
    assert refused.value.code == code


def test_loras_cannot_be_chosen_as_an_option() -> None:
    with pytest.raises(Refusal) as refused:
        select(LORA_WORKFLOWS, replace(PLAIN, choices="@lora=smoke"), [server_with("smoke")])
    assert refused.value.code == "choice"


def test_a_model_that_only_a_server_elsewhere_could_have_does_not_change_that() -> None:
    for servers in ([offering("wan21_i2v")], [offering("wan21_i2v"), offering("wan21_i2v_seed")]):
        with pytest.raises(Refusal) as refused:
            select(ALL, replace(PLAIN, end=True), servers)
        assert (refused.value.code, refused.value.values["name"]) == ("unused", "end")
    away = replace(offering("wan21_i2v"), live=False)
    assert select(ALL, replace(PLAIN, end=True), [away]).workflow == "ending"


BUILT_IN = comfy.load_workflows(comfy.BUILT_IN)


@pytest.mark.parametrize(
    ("runnable", "workflow"),
    [
        (["wan22_5b"], "wan22_5b"),
        (["wan22_5b", "ltx23_savevideo"], "ltx23_savevideo"),
        (["wan22_5b", "minimax_h3", "minimax_h3_turbo"], "minimax_h3_turbo"),
        (["wan22_14b", "minimax_h3_turbo"], "wan22_14b"),
        (["wan22_14b_turbo", "wan21_i2v"], "wan21_i2v"),
    ],
)
def test_a_plain_request_takes_the_first_model_that_a_server_has(runnable: list[str], workflow: str) -> None:
    for live in (True, False):  # what a server said last counts while it is away
        server = KnownServer(name="gpu", offer={name: {} for name in runnable}, live=live, unavailable=None)
        assert select(BUILT_IN, PLAIN, [UNKNOWN, server]).workflow == workflow
