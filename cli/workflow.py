"""`python bot.py workflow`: adds, lists, checks, shows and removes workflows."""

import argparse
import json
import logging
import tomllib
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from pydantic import SecretStr

import comfy
from cli.errors import CommandFailed
from cli.terminal import confirm, is_terminal
from cli.workflow_add import AUTHORING, Authoring, add
from cli.workflow_checks import check_workflows
from cli.workflow_files import is_built_in, pair_in, remove_pair, spelled
from cli.workflow_views import (
    inputs_table,
    rules_of,
    rules_table,
    summarise,
    workflow_table,
)
from cogs.runtime.doctor.animate import wait_for_answers
from cogs.runtime.doctor.report import print_sections
from cogs.runtime.logs import start_logging
from cogs.runtime.resources import open_servers, open_workflows
from cogs.runtime.setting_values import clean, read_address
from cogs.runtime.settings import Settings, own_workflows

ADD = """\
Makes a workflow of a file: ComfyUI's own format or its API format, or a PNG, WebP, MP4 or WebM that ComfyUI
saved. Finds where picture, words, seed and so on go, writes NAME.json and NAME.toml into WORKFLOWS_DIR, looks
on every server for what is missing, and runs it once. A running bot offers it within seconds."""
HIDING = (
    "to have it offered after all others, write {name}.toml into WORKFLOWS_DIR with the two lines"
    ' extends = "{name}" and priority = 1000'
)


def add_commands(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to the parser of the command line."""
    parser = add_parser("workflow", help="add a workflow from a file; list, check, show, remove")
    commands = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    new = commands.add_parser("add", help="make a workflow of a file", description=ADD)
    new.add_argument("file", type=Path, metavar="FILE")
    new.add_argument("--name", metavar="N", help="what its files are called (as FILE)")
    new.add_argument("--server", type=address, metavar="URL", help="this ComfyUI instead of COMFYUI_URL")
    new.add_argument("--yes", action="store_true", help="ask nothing: take what is likely")
    new.add_argument("--replace", action="store_true", help="put it in the place of one of that name")
    new.add_argument("--no-run", action="store_true", help="do not run it once")
    commands.add_parser("list", help="all workflows, and which server can run which")
    check = commands.add_parser("check", help="what servers lack for them")
    check.add_argument("name", nargs="?", metavar="NAME")
    check.add_argument("--run", action="store_true", help="run each once, too, and keep the clip")
    show = commands.add_parser("show", help="where its values go, and what its clips can be")
    show.add_argument("name", metavar="NAME")
    remove = commands.add_parser("remove", help="remove the files of one of your own")
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    for each in commands.choices.values():
        each.add_argument("--json", action="store_true", help="one JSON object instead of words")


def address(text: str) -> str:
    """The address of a ComfyUI. Raises ArgumentTypeError."""
    try:
        return read_address(clean(text), "http://127.0.0.1:8188")
    except ValueError as err:
        raise argparse.ArgumentTypeError(str(err)) from err


async def workflow(
    arguments: argparse.Namespace, settings: Settings, authoring: Authoring | None = None
) -> int:
    """Carry out the action; returns the exit code. Raises CommandFailed, OSError."""
    start_logging(logging.CRITICAL, settings.secrets())
    match arguments.action:
        case "add":
            return await add(arguments, with_server(settings, arguments.server), authoring or AUTHORING)
        case "list":
            return await list_workflows(arguments, settings)
        case "check":
            return await check(arguments, settings)
        case "show":
            return await show(arguments, settings)
        case _:
            return remove(arguments, settings)  # asks in the main thread, which alone hears Ctrl+C


def with_server(settings: Settings, url: str | None) -> Settings:
    """The settings with that server alone; it gets a token only where it is one of the settings' servers."""
    if url is None:
        return settings
    known = list(settings.comfyui_url)
    token = settings.token_of(known.index(url)) if url in known else None
    tokens = (SecretStr(token),) if token else ()
    return settings.model_copy(update={"comfyui_url": (url,), "comfyui_token": tokens})


async def list_workflows(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print all workflows with the servers that can run each, and what is wrong with the others."""
    async with (
        open_workflows(settings) as workflows,
        open_servers(settings, str(uuid.uuid4()), workflows) as servers,
    ):
        await wait_for_answers(servers)
        own = frozenset(own_names(own_workflows(settings)))
        able = {name: [each.name for each in servers if name in each.runnable] for name in workflows}
        found = [summarise(each, own=name in own, servers=able[name]) for name, each in workflows.items()]
        invalid = workflows.invalid
    if arguments.json:
        wrong = [{"name": err.workflow, "reason": err.reason} for err in invalid]
        print(json.dumps({"workflows": list(map(asdict, found)), "invalid": wrong}))
    else:
        print(workflow_table(found))
        for err in invalid:
            print(f"Not offered: {err.workflow}: {err.reason}")
    return 0


async def check(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check one workflow or all on every server; returns the exit code, 1 where something would fail."""
    workflows = await named_workflows(settings, arguments.name)
    say = print if not arguments.json else _say_nothing
    checked = await check_workflows(settings, workflows, run=arguments.run, announce=say)
    if arguments.json:
        sections, clips = [asdict(each) for each in checked.sections], [str(clip) for clip in checked.clips]
        print(json.dumps({"ok": checked.ok, "sections": sections, "clips": clips}))
    else:
        print_sections(checked.sections)
        for clip in checked.clips:
            print(f"The clip is kept for a look: {clip}")
    return 0 if checked.ok else 1


async def show(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print where a workflow's values go, and its rules; returns the exit code."""
    found = (await named_workflows(settings, arguments.name))[arguments.name]
    if arguments.json:
        summary = summarise(found, own=found.name in own_names(own_workflows(settings)))
        inputs = {name: [str(each) for each in places] for name, places in found.inputs.items()}
        more = {"output": found.output, "inputs": inputs, "rules": rules_of(found)}
        print(json.dumps({**asdict(summary), **more}))
    else:
        print(f"{inputs_table(found)}\n\n{rules_table(found)}")
    return 0


def remove(arguments: argparse.Namespace, settings: Settings) -> int:
    """Remove the files of one of the owner's workflows; returns the exit code.

    Raises CommandFailed for one that is built in or not there, and where nobody says yes.
    """
    name, folder = arguments.name, own_workflows(settings)
    if not pair_in(folder, name):
        if is_built_in(name):
            raise CommandFailed(f"{name} is built in and stays; {HIDING.format(name=name)}", 2)
        near = spelled(folder, name)
        meant = f"; did you mean {near}?" if near else ", as python bot.py workflow list shows"
        raise CommandFailed(f"there is no workflow {name} in {folder}{meant}", 2)
    heirs = [each for each in extending(folder, name) if each != name]
    warning = f" {', '.join(heirs)} would no longer be offered, as it extends it." if heirs else ""
    if not arguments.yes:
        if not is_terminal() or arguments.json:
            raise CommandFailed(f"nothing is removed without --yes.{warning}", 2)
        if not confirm(f"Remove {name} from {folder}?{warning}"):
            print("Nothing was removed.")
            return 1
    removed = [str(file) for file in remove_pair(folder, name)]
    if arguments.json:
        print(json.dumps({"removed": removed}))
    else:
        print(f"Removed: {', '.join(removed)}. {_consequence(name)}")
    return 0


def _consequence(name: str) -> str:
    if is_built_in(name):
        return "The built-in workflow of that name is offered again within seconds."
    return "A running bot offers it no longer within seconds, and tells whoever waits for it."


def extending(folder: Path, name: str) -> list[str]:
    """The names of the owner's manifests that extend that workflow."""
    found = list[str]()
    for file in sorted(folder.glob("*.toml")):
        with suppress(OSError, ValueError):
            if tomllib.loads(file.read_text("utf-8-sig")).get("extends") == name:
                found.append(file.stem)
    return found


def own_names(folder: Path) -> list[str]:
    """The names of the workflows in the owner's folder."""
    return sorted({file.stem for file in folder.iterdir()}) if folder.is_dir() else []


async def named_workflows(settings: Settings, name: str | None) -> Mapping[str, comfy.Workflow]:
    """The workflow of that name, without one all that are offered. Raises CommandFailed."""
    async with open_workflows(settings) as catalogue:
        workflows, invalid = dict(catalogue), {err.workflow: err for err in catalogue.invalid}
    if name is None:
        return workflows
    if name in invalid:
        raise CommandFailed(f"{name} is not offered: {invalid[name].reason}", 2)
    if name not in workflows:
        offered = ", ".join(workflows)
        raise CommandFailed(f"there is no workflow {name}; there are {offered}", 2)
    return {name: workflows[name]}


def _say_nothing(_: str) -> None:
    """Print nothing: a program reads the JSON object alone."""
