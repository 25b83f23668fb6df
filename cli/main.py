"""Parses the command line, runs the command, and turns errors into one sentence and an exit code."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence

import aiohttp
import discord
from pydantic import ValidationError

import comfy
import storage
from cli.demo import add_arguments, demo
from cli.doctor import doctor
from cli.run import run
from cogs.runtime.redaction import Redactor
from cogs.runtime.settings import Settings
from media.child.system_calls import forbid_memory_reads


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; `command` is None where none is given, which means `run`."""
    parser = argparse.ArgumentParser(
        prog="bot.py", description="A Discord bot that brings pictures to life on a GPU of your own."
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    commands.add_parser("run", help="the bot, with the settings of the environment or .env (default)")
    check = commands.add_parser(
        "doctor", help="look at every ComfyUI and at Discord: what would fail, and the fix"
    )
    check.add_argument("--run", action="store_true", help="make the smallest clip with each workflow, too")
    check.add_argument("--json", action="store_true", help="one JSON object instead of words")
    add_arguments(commands.add_parser("demo", help="try it here: no Discord, no GPU, nothing to set up"))
    return parser.parse_args(arguments)


async def dispatch(arguments: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    match arguments.command:
        case "demo":
            return await demo(arguments)
        case "doctor":
            return await doctor(arguments, Settings())
        case _:
            return await run(Settings())


def main(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit code: 0 success, 1 failed while running, 2 wrong configuration."""
    if sys.platform == "linux":
        forbid_memory_reads()  # a child of the same user could read the tokens from the environment
    try:
        return asyncio.run(dispatch(parse_arguments(arguments)))
    except ValidationError as err:
        wrong = "; ".join(f"{str(each['loc'][0]).upper()}: {each['msg']}" for each in err.errors())
        return fail(f"A setting is not usable: {wrong}", 2)
    except (storage.StoreError, comfy.WorkflowInvalid) as err:
        return fail(str(err), 2)
    except discord.LoginFailure:
        return fail("Discord refuses the DISCORD_TOKEN: copy it anew from the developer portal.", 2)
    except (aiohttp.ClientError, discord.HTTPException, TimeoutError) as err:
        return fail(f"Discord cannot be reached: {type(err).__name__}", 1)
    except OSError as err:  # a file that is not there, a port that is taken
        return fail(f"That did not work: {err}", 1)
    except ExceptionGroup as err:
        logging.getLogger("bot").critical("the bot died", exc_info=err)
        return fail("A part of the bot died; the log above says which and why.", 1)


def fail(sentence: str, code: int) -> int:
    """Print an error's sentence to stderr; returns `code`."""
    print(Redactor(()).redact(sentence), file=sys.stderr)
    return code
