"""The summary of a start: what was found, what is lacking, what to do."""

from cogs.runtime.observing.startup_summary import describe_start
from jobs.routing import KnownServer, describe_server
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer


def known(*servers: ScriptedServer) -> list[KnownServer]:
    """What is known of them."""
    return [describe_server(WORKFLOWS, each) for each in servers]


def test_where_nothing_is_lacking_it_says_what_was_found() -> None:
    found, lacking = describe_start(3, known(ScriptedServer("gpu:8188")), WORKFLOWS)
    assert found == "Found: 1 of 1 ComfyUI, 1 models (wan21_i2v), 3 guilds."
    assert lacking == []


def test_a_server_that_is_away_is_named_with_what_to_do() -> None:
    servers = [ScriptedServer("gpu:8188"), ScriptedServer.never_reached("attic:8188")]
    found, [lacking] = describe_start(3, known(*servers), WORKFLOWS)
    assert "1 of 2 ComfyUI" in found
    assert "attic:8188" in lacking
    assert "COMFYUI_URL" in lacking


def test_missing_models_and_guilds_are_told_with_what_to_do() -> None:
    server = ScriptedServer("gpu:8188")
    server.runnable = frozenset()
    found, [models, guilds] = describe_start(0, known(server), WORKFLOWS)
    assert "0 models, 0 guilds" in found
    assert "doctor" in models
    assert "invitation" in guilds


def test_without_a_server_models_are_not_called_missing() -> None:
    _, [lacking] = describe_start(1, known(ScriptedServer.never_reached("attic:8188")), WORKFLOWS)
    assert "model" not in lacking
