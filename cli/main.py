"""Parses the command line, runs the command, and turns errors into one sentence and an exit code."""

import argparse
import asyncio
import errno
import logging
import os
import sys
from collections.abc import Sequence

import aiohttp
import discord

import comfy
import storage
from cli.backup import add_commands, backup, restore
from cli.demo import demo
from cli.demo_options import add_arguments
from cli.doctor import doctor
from cli.errors import CommandFailed
from cli.operate.commands import add_commands as add_operator_commands
from cli.operate.operation import operate
from cli.run import run
from cli.store import add_commands as add_store_commands
from cli.store import store
from cli.streams import tolerate_encodings
from cli.version import version
from cli.workflow import add_commands as add_workflow_commands
from cli.workflow import workflow
from cogs.runtime.proxy import explain_failure
from cogs.runtime.redaction import Redactor
from cogs.runtime.setting_mistakes import SettingsUnusable, read_settings
from cogs.runtime.settings import AuthorSettings, Settings
from media.child.system_calls import forbid_memory_reads


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; `command` is None where none is given, which means `run`."""
    parser = argparse.ArgumentParser(
        prog="bot.py", description="A Discord bot that brings pictures to life on a GPU of your own."
    )
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    running = commands.add_parser(
        "run", help="the bot, with the settings of the environment or .env (default)"
    )
    running.add_argument(
        "--role",
        choices=[each.value for each in storage.ProcessRole],
        default=storage.ProcessRole.ALL.value,
        help="of several processes on one PostgreSQL: gateway (Discord) or worker (ComfyUI); all is both",
    )
    check = commands.add_parser(
        "doctor", help="look at every ComfyUI and at Discord: what would fail, and the fix"
    )
    check.add_argument("--run", action="store_true", help="make the smallest clip with each workflow, too")
    check.add_argument("--json", action="store_true", help="one JSON object instead of words")
    add_commands(commands.add_parser)
    add_workflow_commands(commands.add_parser)
    add_operator_commands(commands.add_parser)
    add_store_commands(commands.add_parser)
    add_arguments(commands.add_parser("demo", help="try it here: no Discord, no GPU, nothing to set up"))
    return parser.parse_args(arguments)


async def dispatch(arguments: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if arguments.command == "demo":
        return await demo(arguments)
    is_adding = arguments.command == "workflow" and arguments.action == "add"
    settings, warnings = read_settings(AuthorSettings if is_adding else Settings)
    for warning in warnings:
        fail(f"Warning: {warning}", 0)
    if "operation" in arguments:
        return await operate(arguments, settings)
    match arguments.command:
        case "doctor":
            return await doctor(arguments, settings)
        case "backup":
            return await backup(arguments, settings)
        case "restore":
            return await restore(arguments, settings)
        case "store":
            return await store(arguments, settings)
        case "workflow":
            return await workflow(arguments, settings)
        case _:
            return await run(settings, storage.ProcessRole(getattr(arguments, "role", "all")))


def main(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit code: 0 success, 2 something has to be changed, 1 try again."""
    tolerate_encodings()
    if sys.platform == "linux":
        forbid_memory_reads()  # a child of the same user could read the tokens from the environment
    parsed = parse_arguments(arguments)
    if os.name == "posix" and parsed.command != "demo":
        os.umask(0o077)  # what people ask for is nobody's but the bot's on this machine
    try:
        return asyncio.run(dispatch(parsed))
    except CommandFailed as err:
        return fail(str(err), err.code)
    except (SettingsUnusable, storage.StoreError, comfy.WorkflowInvalid) as err:
        return fail(str(err), 1 if parsed.command == "doctor" else 2)  # the doctor's 1: `/animate` would fail
    except discord.LoginFailure:
        return fail("Discord refuses the DISCORD_TOKEN: copy it anew from the developer portal.", 2)
    except (aiohttp.ClientError, discord.HTTPException, TimeoutError) as err:
        return fail(f"Discord cannot be reached: {explain_failure(err)}; try again when that is mended.", 1)
    except OSError as err:
        return fail(*explain(err))
    except ExceptionGroup as err:
        logging.getLogger("bot").critical("the bot died", exc_info=err)
        return fail("A part of the bot died; the log above says which and why.", 1)
    except KeyboardInterrupt:
        return 130


def explain(err: OSError) -> tuple[str, int]:
    """The sentence and the exit code for an error of the system."""
    if err.errno in (errno.EADDRINUSE, errno.EACCES) and not err.filename:
        return "The port is taken, or not allowed: choose another one with --port N.", 2
    where = f"{err.filename}: " if err.filename else ""
    return f"That did not work: {where}{err.strerror or err}", 1


def fail(sentence: str, code: int) -> int:
    """Print an error's sentence to stderr; returns `code`."""
    print(Redactor(()).redact(sentence), file=sys.stderr)
    return code
