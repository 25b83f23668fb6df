"""Routes that register and list application commands."""

from playground.discord.json_values import as_objects
from playground.discord.rest.call import Call, Route
from playground.discord.rest.rate_limits import DEFAULT_LIMIT

GLOBAL = "/applications/{application_id}/commands"
OF_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


async def overwrite(call: Call) -> object:
    """Replace all commands, global or of a guild."""
    call.own_application()
    commands = call.commands.overwrite(as_objects(call.body), _guild_id(call))
    return [call.commands.render(command) for command in commands]


async def listing(call: Call) -> object:
    """The registered commands, global or of a guild."""
    call.own_application()
    return [call.commands.render(command) for command in call.commands.of(_guild_id(call))]


def _guild_id(call: Call) -> int | None:
    return call.state.guild(call.id("guild_id")).id if "guild_id" in call.params else None


ROUTES = tuple(
    Route(method=method, template=template, handler=handler, limit=DEFAULT_LIMIT)
    for template in (GLOBAL, OF_GUILD)
    for method, handler in (("PUT", overwrite), ("GET", listing))
)
