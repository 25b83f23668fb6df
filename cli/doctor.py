"""`python bot.py doctor`: prints what would fail, and how to fix it."""

import argparse
import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

import comfy
from cogs.runtime.doctor.doctor import DoctorOptions, run_checks
from cogs.runtime.doctor.report import print_report
from cogs.runtime.logs import start_logging
from cogs.runtime.observing.log_format import LogFormat
from cogs.runtime.processes.compute_servers import server_name
from cogs.runtime.resources import open_workflows
from cogs.runtime.settings import Settings
from jobs.trial import preferred, sample_jobs


async def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run all checks and print the report; returns the exit code, 1 where `/animate` would fail."""
    start_logging(logging.ERROR, settings.secrets(), LogFormat.CONSOLE)
    report = await run_checks(await options_of(settings, run=arguments.run))
    if arguments.json:
        print(json.dumps(asdict(report)))
    else:
        print_report(report)
    return report.exit_code


async def options_of(settings: Settings, *, run: bool) -> DoctorOptions:
    """What the doctor checks with these settings."""
    async with open_workflows(settings) as catalogue:
        workflows, invalid, mistakes = dict(catalogue), catalogue.invalid, catalogue.mistakes
    return DoctorOptions(
        discord_token=settings.discord_token.get_secret_value(),
        discord_api_url=settings.discord_api_url,
        servers=await servers_to_check(settings, workflows),
        run=run,
        settings=settings,
        invalid=invalid,
        mistakes=mistakes,
    )


async def servers_to_check(
    settings: Settings, workflows: Mapping[str, comfy.Workflow]
) -> Sequence[comfy.ServerToCheck]:
    """Every server of the settings, each to be checked for these workflows."""
    from media.sample import sample_picture  # imports Pillow: `run` starts faster without

    picture, samples = await asyncio.to_thread(sample_picture), sample_jobs(workflows)
    return [
        comfy.ServerToCheck(
            url=url,
            name=shown_name(url),
            token=settings.token_of(number),
            workflows=workflows,
            files=settings.model_files(),
            picture=picture,
            samples=samples,
            prefer=partial(preferred, workflows),
        )
        for number, url in enumerate(settings.comfyui_url)
    ]


def shown_name(url: str) -> str:
    """The server's name in the log, also of an address that cannot be used."""
    try:
        name = server_name(url)
    except ValueError:
        return url.rpartition("@")[2]
    return url.rpartition("@")[2] if name.startswith("None") else name
