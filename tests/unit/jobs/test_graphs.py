"""A job's graph: the values that fill it, and the file that people can open."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import comfy
from jobs.errors import Refusal
from jobs.graphs import build_values, rebuild_graph, render_graph
from jobs.uploads import last_picture_name, picture_name
from storage import open_store
from tests.sampling import one_in
from tests.unit.jobs.ending_setup import LOADER, with_last_picture
from tests.unit.jobs.sample_jobs import JOB, PARAMS
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer
from tests.unit.storage.old_databases import EARLIER, old_database


def nodes_of(*servers: ScriptedServer) -> dict[str, dict[str, object]]:
    """The inputs of each node of the job's graph, as people get them."""
    rendered = json.loads(render_graph(rebuild_graph(JOB, WORKFLOWS, servers)))
    return {name: node["inputs"] for name, node in rendered.items()}


def test_every_value_that_a_workflow_takes_is_given_and_the_prompt_names_no_file() -> None:
    values = build_values(JOB)
    for workflow in WORKFLOWS.values():
        comfy.build_graph(workflow, values, "picture.png")
    assert values["prefix"] == f"animate/{JOB.id}"
    assert (values["seed"], values["prompt"]) == (PARAMS.seed, PARAMS.prompt)


def test_a_graph_is_rebuilt_with_the_jobs_picture_and_values(server: ScriptedServer) -> None:
    nodes = nodes_of(server)
    assert nodes["42"]["image"] == picture_name(JOB)
    assert nodes["52"]["seed"] == PARAMS.seed


def test_a_graph_is_rebuilt_with_the_last_picture() -> None:
    workflows = {**WORKFLOWS, PARAMS.workflow: with_last_picture(WORKFLOWS[PARAMS.workflow])}
    job = replace(JOB, last_picture="ff" * 32)
    nodes = rebuild_graph(job, workflows, []).as_json()
    assert nodes[LOADER]["inputs"]["image"] == last_picture_name(job)  # type: ignore[index]
    assert LOADER not in rebuild_graph(JOB, workflows, []).as_json()


def test_the_jobs_own_server_is_asked_first() -> None:
    other, own = ScriptedServer("other:8188"), ScriptedServer(JOB.server or "")
    own.runnable = frozenset({"wan21_i2v_seed"})
    assert rebuild_graph(JOB, WORKFLOWS, [other, own]).workflow == "wan21_i2v_seed"


def test_without_a_server_the_template_is_filled(server: ScriptedServer) -> None:
    server.runnable = frozenset()
    assert nodes_of(server) == nodes_of()
    assert nodes_of()["52"]["seed"] == PARAMS.seed


@pytest.mark.parametrize(
    "params", [replace(PARAMS, workflow="gone"), replace(PARAMS, choices={"pingpong": "sideways"})]
)
def test_a_graph_that_cannot_be_rebuilt_is_refused(params: object) -> None:
    with pytest.raises(Refusal) as refusal:
        rebuild_graph(replace(JOB, params=params), WORKFLOWS, [])  # type: ignore[arg-type]
    assert refusal.value == Refusal("graph_gone")


def test_words_in_any_script_stay_readable() -> None:
    graph = rebuild_graph(replace(JOB, params=replace(PARAMS, prompt="她笑了")), WORKFLOWS, [])
    assert "她笑了" in render_graph(graph).decode()


@pytest.mark.parametrize("version", one_in(4, EARLIER))
async def test_the_graph_of_a_job_of_an_earlier_schema_is_rebuilt(tmp_path: Path, version: int) -> None:
    pingpong_then = "loop" if version < 9 else "pingpong"  # what migration 0009 renames
    with old_database(tmp_path, version) as old:
        old.admit("first", 1, choices={pingpong_then: "back"}, seed=5)
    async with open_store(tmp_path) as store:
        job = await store.job("first")
    nodes = rebuild_graph(job, WORKFLOWS, []).as_json()
    pingpong = [node["inputs"]["pingpong"] for node in nodes.values() if "pingpong" in node["inputs"]]  # type: ignore[index,operator]
    assert pingpong == [True]
