"""The checks of `python bot.py doctor`: Discord, ComfyUIs, this machine, database, `/animate` itself."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import comfy
from cogs.runtime.doctor.animate import check_animate
from cogs.runtime.doctor.discord_checks import check_discord
from cogs.runtime.doctor.machine import check_machine
from cogs.runtime.doctor.report import Line, Report, Scope, Section, describe, failed
from cogs.runtime.doctor.stores import check_blobs, check_postgres, read_owner
from cogs.runtime.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions:
    """What to check; `run`: also make the smallest clip with each workflow that can run.

    `settings`: those of the bot; without them neither its ids nor this machine nor `/animate` are looked at.
    `invalid`: what is wrong with the workflows that are left out; `mistakes`: with settings about them.
    """

    discord_token: str
    discord_api_url: str
    servers: Sequence[comfy.ServerToCheck]
    run: bool
    settings: Settings | None = None
    invalid: Sequence[comfy.WorkflowInvalid] = ()
    mistakes: Sequence[str] = ()


async def run_checks(options: DoctorOptions) -> Report:
    """Check Discord, servers, this machine, the database, and what a request would come to, concurrently."""
    async with asyncio.TaskGroup() as tasks:
        discord = tasks.create_task(
            check_discord(options.discord_token, options.discord_api_url, options.settings),
            name="doctor: Discord",
        )
        local = tasks.create_task(comfy.find_local_servers(), name="doctor: this machine's ComfyUI")
        servers = [
            tasks.create_task(comfy.check_server(each, run=options.run), name=f"doctor: {each.name}")
            for each in options.servers
        ]
        machine = tasks.create_task(_check_own(options), name="doctor: this machine")
        database = tasks.create_task(_check_database(options), name="doctor: database")
        blobs = tasks.create_task(_check_blobs(options), name="doctor: pictures and clips")
    sections = [
        server_section(each.name, server.result())
        for each, server in zip(options.servers, servers, strict=True)
    ]
    if not _any_works(sections):
        sections += _unconfigured_servers(local.result(), [each.url for each in options.servers])
    road = await _check_road(options, sections)
    own = [Section(title="This machine", lines=machine.result())] if options.settings else []
    own += [Section(title="Database", lines=database.result())] if database.result() else []
    own += [Section(title="Pictures and clips", lines=blobs.result())] if blobs.result() else []
    left_out = _describe_workflows(options)
    return Report(
        sections=(Section(title="Discord", lines=discord.result()), *sections, *left_out, *own, *road)
    )


def _describe_workflows(options: DoctorOptions) -> list[Section]:
    """A line for each workflow that is left out; one that may only not be offered is no fault."""
    lines = [
        failed(
            "left_out",
            f"{err.workflow} is not offered: {err.reason}",
            "Mend the file; the bot takes it up without a restart.",
            needed=not err.forbidden,
        )
        for err in options.invalid
    ]
    fix = "Correct the setting; without it the workflow is offered as it is."
    lines += [failed("preference", each, fix, needed=False) for each in options.mistakes]
    return [Section(title="Workflows", lines=tuple(lines))] if lines else []


def server_section(server: str, findings: Iterable[comfy.Finding]) -> Section:
    """What was found of a server. An address that cannot be used keeps the bot from starting at all."""
    scope = Scope("server", server)
    lines = [describe(each, scope=None if each.check == comfy.ADDRESS else scope) for each in findings]
    return Section(title=f"ComfyUI at {server}", lines=tuple(lines))


def _any_works(sections: Sequence[Section]) -> bool:
    return any(not any(line.failed for line in section.lines) for section in sections)


def _unconfigured_servers(found: Iterable[str], known: Iterable[str]) -> list[Section]:
    """ComfyUI servers on this machine that are not in the settings, such as the Desktop edition's."""
    configured = {url.rstrip("/").replace("localhost", "127.0.0.1") for url in known}
    lines = [
        failed("unused", f"a ComfyUI answers at {url}", f"To use it, set COMFYUI_URL={url}", needed=False)
        for url in found
        if url not in configured
    ]
    return [Section(title="On this machine", lines=tuple(lines))] if lines else []


async def _check_own(options: DoctorOptions) -> tuple[Line, ...]:
    return await check_machine(options.settings.database()) if options.settings else ()


async def _check_database(options: DoctorOptions) -> tuple[Line, ...]:
    return await check_postgres(options.settings.database()) if options.settings else ()


async def _check_blobs(options: DoctorOptions) -> tuple[Line, ...]:
    if options.settings is None or not options.settings.blob_url:
        return ()
    return await check_blobs(options.settings.blobs(), await read_owner(options.settings.database()))


async def _check_road(options: DoctorOptions, sections: Sequence[Section]) -> list[Section]:
    """What a plain request would come to; not tried where no server is named, or one by no address."""
    if not options.servers:
        fix = "Set COMFYUI_URL to the address of your ComfyUI, such as http://127.0.0.1:8188."
        line = failed("servers", "COMFYUI_URL names no server", fix)
        return [Section(title="ComfyUI", lines=(line,))]
    unusable = any(line.failed and line.scope is None for section in sections for line in section.lines)
    if options.settings is None or unusable:
        return []
    line = await check_animate(options.settings)
    if line.ok and not _any_works(sections):
        fix = "See what is marked with ✗ for the servers."
        line = replace(line, ok=False, text="/animate would be taken, and then fail", fix=fix)
    return [Section(title="/animate", lines=(line,))]
