"""POST endpoints of the page: commands, messages, reactions, buttons, menus, modals."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from playground.discord.interactions.commands import CommandKind
from playground.discord.interactions.menus import find_menu
from playground.discord.interactions.options import descend
from playground.discord.json_values import Json, as_id, as_int, as_list, as_object, as_text
from playground.discord.model import Channel, Message
from playground.errors import NotPossible
from playground.members import Member
from playground.page.form import read_fields, read_options, read_upload, referred
from playground.page.personas import Personas
from playground.playground import Playground
from playground.tracked_job import TrackedJob

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ActionHandlers:
    """Handlers for one playground. The query names the member and channel: `?as=ada&locale=en-US&in=5`."""

    def __init__(self, playground: Playground, personas: Personas) -> None:
        self._playground = playground
        self._personas = personas
        self._jobs: dict[int, TrackedJob] = {}
        """By interaction: those that may open a modal."""

    def handlers(self) -> Mapping[str, Handler]:
        """By path below `/playground/`, all to be posted to."""
        return {
            "command/{name}": self._command,
            "choices/{name}": self._choices,
            "modal/{interaction}": self._submit,
            "say": self._say,
            "react": self._react,
            "press": self._press,
            "choose": self._choose,
            "menu": self._menu,
        }

    async def _command(self, request: web.Request) -> web.Response:
        """A slash command (`animate`, `rules show`) with its options as a multipart form."""
        member, name = self.member(request), request.match_info["name"]
        options = await read_options(self._playground, self._definition(name), await request.post())
        return self._follow(await member.command(name, channel=self._channel(request), **options))

    async def _choices(self, request: web.Request) -> web.Response:
        """What the bot offers for the `option` named in the query, by what the form holds so far."""
        member, name, option = self.member(request), request.match_info["name"], request.query["option"]
        form = dict(await request.post())
        typed = str(form.pop(option, ""))
        others = await read_options(self._playground, self._definition(name), form)
        offered = await member.autocomplete(name, option, typed, channel=self._channel(request), **others)
        return web.json_response([{"name": name, "value": value} for name, value in offered])

    async def _say(self, request: web.Request) -> web.Response:
        """A message with `words` and a `file`."""
        form = await request.post()
        file = form.get("file")
        files = [await read_upload(file)] if isinstance(file, web.FileField) else []
        words = str(form.get("words", ""))
        if not words and not files:
            raise NotPossible("write something or choose a file")
        await self.member(request).say(words, *files, channel=self._channel(request))
        return web.json_response({})

    async def _react(self, request: web.Request) -> web.Response:
        """Put an `emoji` under a `message`, or take one's own away."""
        member, asked = self.member(request), as_object(await request.json())
        message, emoji = self._message(asked), as_text(asked.get("emoji"))
        if member.id in message.reactions.get(emoji, ()):
            await member.unreact(message, emoji)
        else:
            await member.react(message, emoji)
        return web.json_response({})

    async def _press(self, request: web.Request) -> web.Response:
        """Press the `button` (its custom id) of a `message`."""
        asked = as_object(await request.json())
        pressed = self.member(request).press(self._message(asked), as_text(asked.get("button")))
        return self._follow(await pressed)

    async def _choose(self, request: web.Request) -> web.Response:
        """Choose `values` from the `menu` (its custom id) of a `message`."""
        asked = as_object(await request.json())
        message, custom_id = self._message(asked), as_text(asked.get("menu"))
        kind = as_int(find_menu(message, custom_id).get("type"))
        chosen = [referred(self._playground, kind, as_text(value)) for value in as_list(asked.get("values"))]
        return self._follow(await self.member(request).choose(message, custom_id, *chosen))

    async def _menu(self, request: web.Request) -> web.Response:
        """Use the command `name` of a `message`'s context menu."""
        asked = as_object(await request.json())
        used = self.member(request).menu(as_text(asked.get("name")), self._message(asked))
        return self._follow(await used)

    async def _submit(self, request: web.Request) -> web.Response:
        """Send the modal that an interaction opened, its fields as a multipart form."""
        job = self._jobs.get(int(request.match_info["interaction"]))
        if job is None or job.modal is None:
            raise NotPossible("there is no such modal")
        values = await read_fields(self._playground, job.modal, await request.post())
        return self._follow(await self.member(request).submit(job, **values))

    def _follow(self, job: TrackedJob) -> web.Response:
        if job.interaction:
            self._jobs[job.interaction.id] = job
        return web.json_response({})

    # who and what is meant

    def member(self, request: web.Request) -> Member:
        """The person who asks. Raises NotPossible for unknown ones."""
        query = request.query
        return self._personas.find(query.get("as", ""), query.get("locale", "en-US"))

    def _channel(self, request: web.Request) -> Channel:
        channel_id = as_id(request.query.get("in", ""))
        return self._playground.state.channel(channel_id) if channel_id else self._playground.channel

    def _message(self, asked: Json) -> Message:
        message = self._playground.state.messages.get(as_id(asked.get("message")) or 0)
        if message is None:
            raise NotPossible("that message is gone")
        return message

    def _definition(self, name: str) -> Json:
        root, *path = name.split()
        commands = self._playground.discord.commands
        command = commands.find(root, CommandKind.SLASH, self._playground.guild.id)
        if command is None:
            raise NotPossible(f"there is no command {root}")
        return descend(command.definition, tuple(path))
