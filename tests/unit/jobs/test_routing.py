"""Which server runs which job: substitutes of the same preset, options that a server lacks."""

from dataclasses import replace

from jobs.routing import lacking, offer_of, pick_workflow, servable
from tests.unit.jobs.sample_jobs import PARAMS
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer


def test_a_server_without_the_jobs_workflow_runs_another_of_the_same_preset() -> None:
    assert pick_workflow(WORKFLOWS, frozenset({"wan21_i2v_seed"}), PARAMS) == "wan21_i2v_seed"
    assert "wan21_i2v" in servable(WORKFLOWS, frozenset({"wan21_i2v_seed"}))
    assert "wan21_i2v_lightx2v" not in servable(WORKFLOWS, frozenset({"wan21_i2v_seed"}))
    assert servable(WORKFLOWS, frozenset()) == frozenset()


def test_a_workflow_that_is_there_has_no_substitute() -> None:
    assert pick_workflow(WORKFLOWS, frozenset(WORKFLOWS), PARAMS) == PARAMS.workflow


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
    assert "wan21_i2v/loop/back" in lacks
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
    assert "wan21_i2v/loop/back" in lacking(WORKFLOWS, offer_of(without), [offer_of(having)])
