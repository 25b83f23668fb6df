"""The checks of `python bot.py doctor`: ComfyUI servers, the Discord token, the bot's permissions."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import aiohttp
import discord
from discord.ext import commands

import comfy
from cogs.runtime.client import INTENTS, PERMISSIONS, invite_link, open_client
from cogs.runtime.doctor_report import Line, Report, Section, describe

GUILDS_PER_REQUEST = 200  # Discord's limit
PRIVILEGED = ("members", "presences", "message_content")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorOptions:
    """What to check; `run`: also make the smallest clip with each workflow that can run."""

    discord_token: str
    discord_api_url: str
    servers: Sequence[comfy.ServerToCheck]
    run: bool


async def run_checks(options: DoctorOptions) -> Report:
    """Check Discord and every server concurrently."""
    async with asyncio.TaskGroup() as tasks:
        guilds = tasks.create_task(_check_discord(options), name="doctor: Discord")
        local = tasks.create_task(comfy.find_local_servers(), name="doctor: this machine")
        servers = [
            tasks.create_task(comfy.check_server(subject, run=options.run), name=f"doctor: {subject.name}")
            for subject in options.servers
        ]
    checked = [
        Section(title=f"ComfyUI at {subject.name}", lines=tuple(map(describe, server.result())))
        for subject, server in zip(options.servers, servers, strict=True)
    ]
    others = _unconfigured_servers(local.result(), [subject.url for subject in options.servers])
    return Report(sections=(Section(title="Discord", lines=guilds.result()), *checked, *others))


def _unconfigured_servers(found: Iterable[str], known: Iterable[str]) -> list[Section]:
    """ComfyUI servers on this machine that are not in the settings, such as the Desktop edition's."""
    configured = {url.rstrip("/").replace("localhost", "127.0.0.1") for url in known}
    lines = [
        Line(
            check="unused",
            ok=False,
            needed=False,
            text=f"a ComfyUI answers at {url}",
            fix=f"To use it, set COMFYUI_URL={url}",
        )
        for url in found
        if url not in configured
    ]
    return [Section(title="On this machine", lines=tuple(lines))] if lines else []


async def _check_discord(options: DoctorOptions) -> tuple[Line, ...]:
    """Check by HTTP only, so that the bot does not appear online."""
    if not options.discord_token:
        return (
            _failed("token", "there is no DISCORD_TOKEN", "Create a bot: README.md, Run it for your server."),
        )
    try:
        async with open_client(options.discord_token, options.discord_api_url) as client:
            return tuple([line async for line in _check_bot(client)])
    except discord.LoginFailure:
        fix = "Copy it anew from Discord's developer portal: Bot, Reset Token."
        return (_failed("token", "Discord refuses the DISCORD_TOKEN", fix),)
    except (aiohttp.ClientError, discord.HTTPException, TimeoutError) as err:
        fix = "Look at the network, or at discordstatus.com, and try again."
        return (_failed("reachable", f"Discord cannot be asked ({type(err).__name__})", fix),)


async def _check_bot(client: commands.Bot) -> AsyncIterator[Line]:
    yield _passed("token", f"logged in as {client.user}")
    wanted = [name for name in PRIVILEGED if getattr(INTENTS, name)]
    yield _passed("intents", f"privileged intents that must be switched on: {', '.join(wanted) or 'none'}")
    is_anywhere = False
    async for name, granted in _guilds(client):
        is_anywhere = True
        yield _check_permissions(name, granted, client)
    if not is_anywhere:
        fix = f"Invite it: {invite_link(client)}"
        yield Line(check="guild", ok=False, needed=False, text="it is in no guild yet", fix=fix)
    else:
        yield _passed("invite", f"invite it to another guild: {invite_link(client)}")


async def _guilds(client: commands.Bot) -> AsyncIterator[tuple[str, discord.Permissions]]:
    """The name of each guild, and the bot's permissions there, without overwrites of channels."""
    after = None
    while True:
        # discord.py's Guild leaves out the field that says what the bot may do.
        page = await client.http.get_guilds(GUILDS_PER_REQUEST, after=after, with_counts=False)
        for guild in page:
            yield guild["name"], discord.Permissions(int(guild.get("permissions", 0)))
        if len(page) < GUILDS_PER_REQUEST:
            return
        after = page[-1]["id"]


def _check_permissions(guild: str, granted: discord.Permissions, client: commands.Bot) -> Line:
    lacking = [
        name.replace("_", " ").title()
        for name, is_needed in PERMISSIONS
        if is_needed and not (granted.administrator or getattr(granted, name))
    ]
    if not lacking:
        return _passed("permissions", f"{guild}: has all permissions that it needs")
    text = f"{guild}: lacks {', '.join(lacking)}"
    fix = f"Give them to its role under Server Settings, Roles, or invite it again: {invite_link(client)}"
    return _failed("permissions", text, fix)


def _passed(check: str, text: str) -> Line:
    return Line(check=check, ok=True, needed=True, text=text)


def _failed(check: str, text: str, fix: str) -> Line:
    return Line(check=check, ok=False, needed=True, text=text, fix=fix)
