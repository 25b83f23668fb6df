"""Routes for the bot's own user, its application and the gateway's address."""

from playground.discord.render.guilds import render_own_user, render_user
from playground.discord.rest.call import Call, Route
from playground.discord.rest.rate_limits import DEFAULT_LIMIT


async def gateway(call: Call) -> object:
    """GET /gateway."""
    return {"url": call.state.gateway_url}


async def gateway_for_bot(call: Call) -> object:
    """GET /gateway/bot."""
    starts = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
    return {"url": call.state.gateway_url, "shards": 1, "session_start_limit": starts}


async def own_user(call: Call) -> object:
    """GET /users/@me."""
    return render_own_user(call.state.bot)


async def application(call: Call) -> object:
    """GET /applications/@me."""
    state = call.state
    owner = next(iter(state.guilds.values())).owner_id
    return {
        **_APPLICATION,
        "id": str(state.bot.id),
        "name": state.bot.name,
        "owner": render_user(state.user(owner)),
        "bot": render_user(state.bot),
        "approximate_guild_count": sum(state.is_bot_in(guild) for guild in state.guilds.values()),
    }


_APPLICATION: dict[str, object] = {
    "icon": None,
    "description": "Brings pictures to life",
    "type": None,
    "verify_key": "0" * 64,
    "flags": 0,
    "flags_new": "0",
    "redirect_uris": [],
    "interactions_endpoint_url": None,
    "role_connections_verification_url": None,
    "approximate_user_install_count": 0,
    "approximate_user_authorization_count": 0,
    "explicit_content_filter": 0,
    "team": None,
    "eligible_oauth2_scopes": [],
    "bot_public": True,
    "bot_require_code_grant": False,
    "integration_types_config": {"0": {}},
}


ROUTES = (
    Route(method="GET", template="/gateway", handler=gateway, limit=DEFAULT_LIMIT, needs_token=False),
    Route(method="GET", template="/gateway/bot", handler=gateway_for_bot, limit=DEFAULT_LIMIT),
    Route(method="GET", template="/users/@me", handler=own_user, limit=DEFAULT_LIMIT),
    Route(method="GET", template="/oauth2/applications/@me", handler=application, limit=DEFAULT_LIMIT),
    Route(method="GET", template="/applications/@me", handler=application, limit=DEFAULT_LIMIT),
)
