"""Admission of jobs: a picture and options become a row of the queue, or a Refusal."""

import contextlib
import logging
import re
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import media
from comfy import Choice, Workflow
from jobs.advice import Advice, advise
from jobs.announcer import WaitReason
from jobs.errors import Refusal
from jobs.fleet.directory import ServerDirectory
from jobs.offers import check_loras, ending_so, endings, titles_of
from jobs.options import Options, change_params, check_ending, fit_size, other_seed
from jobs.picture_loader import LoadPicture, PictureLoader, StoredPicture
from jobs.requester import Requester, SharePolicy
from jobs.routing import (
    KnownServer,
    Wanted,
    loras_among,
    runnable_by_any,
    wait_reason,
)
from jobs.selection import Selection, choices_among, models_among, select, selected_params
from storage import (
    Admission,
    AdmissionRefused,
    Blobs,
    BlobsUnavailable,
    Job,
    Params,
    Request,
    Store,
    StoreError,
)

log = logging.getLogger(__name__)

RECALLED = re.compile("#([0-9a-f]{8})")  # stands for a prompt too long to be offered whole
REFRESH_TIMEOUT = 2.0  # seconds for servers to say again what they can run, before a request is refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """An admitted job; `created`: it is new, not the one that the same request made before; advice on it."""

    job: Job
    created: bool
    advice: tuple[Advice, ...] = ()


class JobService:
    """Admits jobs. Whatever is not admitted raises Refusal (or StoreError where the database fails)."""

    def __init__(
        self,
        *,
        store: Store,
        files: Blobs,
        pictures: media.Media,
        workflows: Mapping[str, Workflow],
        directory: ServerDirectory,
        shares: SharePolicy,
    ) -> None:
        self._store = store
        self._files = files
        self._picture_loader = PictureLoader(files, pictures)
        self._workflows = workflows
        self._directory = directory
        self._shares = shares

    async def models(self, *, on_picture: bool | None = None) -> Mapping[str, Mapping[str, Workflow]]:
        """The models that servers can run: by name, each with its presets by name.

        As each server says now, else as it said last; all models where none ever said. `on_picture`: only
        those whose clips can end on a given picture, or as they like. Raises StoreError.
        """
        fitting = self._workflows if on_picture is None else ending_so(self._workflows, on_picture=on_picture)
        return models_among(fitting, await self._known_servers())

    async def possible_endings(self) -> frozenset[bool]:
        """Whether clips of what servers can run end on a given picture (True), or as they like (False).

        Raises StoreError.
        """
        models = await self.models()
        workflows = [workflow for presets in models.values() for workflow in presets.values()]
        return frozenset[bool]().union(*map(endings, workflows))

    async def choices(self, workflow: str) -> Mapping[str, Choice]:
        """What at least one server is known to let people choose in this workflow. Raises StoreError."""
        return choices_among(workflow, await self._known_servers())

    async def loras(self, workflow: str, preset: str) -> Sequence[str]:
        """The LoRAs that at least one server is known to have for this workflow. Raises StoreError."""
        return loras_among(self._workflows, await self._known_servers(), workflow, preset)

    async def recall(self, requester: Requester, options: Options) -> Options:
        """The options; a prompt of `#` and a short id is replaced by the prompt of that job of theirs."""
        named = RECALLED.fullmatch(options.prompt.strip())
        job = await self._store.by_short(named[1]) if named else None
        if job and job.user_id == requester.user_id:
            return replace(options, prompt=job.params.prompt)
        return options

    async def animate(
        self,
        requester: Requester,
        options: Options,
        load: LoadPicture,
        key: str,
        *,
        load_last: LoadPicture | None = None,
        spoiler: bool = False,
        draft: int | None = None,
    ) -> Admitted:
        """Admit a job for a new picture; `load` fetches its bytes. One `key` is admitted once.

        `load_last`: fetches the picture that the clip ends on. `draft`: the id of the draft that the pictures
        are of, which is dropped with the admission.
        """
        options = replace(options, end=load_last is not None)
        options.check()
        selection = await self._ask_servers(lambda known_servers: self._select(options, known_servers))
        params = replace(selected_params(self._workflows, options, selection), spoiler=spoiler)
        if known := await self._check_limits(requester, key, params, draft=draft):
            return Admitted(job=known, created=False)

        async def check() -> None:
            await self._check_limits(requester, key, params, draft=draft)

        picture, last = await self._picture_loader.store(requester.user_id, check, load, load_last)
        params = self._resized(params, options, (picture.width, picture.height))
        issues = picture.issues | (last.issues if last else frozenset[media.PictureIssue]())
        advice = self._advise(params, options, issues)
        pictures = _pictures(options, picture.sha256, last)
        return await self._admit(requester, key, params, pictures, advice=advice, draft=draft)

    async def reroll(self, requester: Requester, parent: Job) -> Admitted:
        """Admit a finished job again with a new seed.

        The key counts the person's finished rerolls: asked for twice while one runs, it is one. Raises
        Refusal for a job without a seed, which would only be the same once more.
        """
        if not self._has_seed(parent.params):
            raise Refusal("no_seed")
        params = parent.params.rerolled(self._other_seed(parent))
        return await self._repeat(requester, parent, params, f"reroll {requester.message_id}")

    async def retry(self, requester: Requester, parent: Job, params: Params) -> Admitted:
        """Admit a job that came to nothing once more, with these parameters. Twice while one runs is one."""
        return await self._repeat(requester, parent, params, f"retry {parent.id}")

    async def change(self, requester: Requester, parent: Job, options: Options, key: str) -> Admitted:
        """Admit a job again, with what the options name changed."""
        params = self._changed(parent, options)
        advice = self._advise(params, options)
        return await self._admit_child(requester, parent, params, key, advice=advice)

    async def extend(
        self,
        requester: Requester,
        parent: Job,
        options: Options,
        *,
        join: bool,
        key: str,
        load_last: LoadPicture | None = None,
    ) -> Admitted:
        """Admit a job that starts from the last frame of a clip; `join`: both become one file.

        `load_last`: fetches the picture that it ends on.
        """
        seed = self._other_seed(parent) if self._has_seed(parent.params) else None
        options = replace(options, seed=seed, end=load_last is not None)
        params = self._changed(parent, options)
        if params.workflow in self._workflows:
            check_ending(options, self._workflows[params.workflow])
        await self._require_runnable(params)
        params = replace(params, after=parent.id if join else None)
        if known := await self._check_limits(requester, key, params, parent=parent.id):
            return Admitted(job=known, created=False)

        async def check() -> None:
            await self._check_limits(requester, key, params, parent=parent.id)

        frame, last = await self._picture_loader.store_last_frame(requester.user_id, check, parent, load_last)
        advice = self._advise(params, options, last.issues if last else ())
        pictures = _pictures(options, frame, last)
        return await self._admit(requester, key, params, pictures, parent=parent.id, advice=advice)

    async def _known_servers(self) -> Sequence[KnownServer]:
        return await self._directory.known()

    async def _ask_servers(self, decide: Callable[[Sequence[KnownServer]], T]) -> T:
        """What `decide` makes of the servers; they say again what they can run before it refuses."""
        try:
            return decide(await self._known_servers())
        except Refusal:
            await self._directory.refresh(seconds=REFRESH_TIMEOUT)
            return decide(await self._known_servers())

    def _select(self, options: Options, known_servers: Sequence[KnownServer]) -> Selection:
        """What the options come to on these servers. Raises Refusal, also for what none could ever run."""
        selection = select(self._workflows, options, known_servers)
        self._refuse_impossible(selection, known_servers)
        return selection

    def _resized(self, params: Params, options: Options, picture: tuple[int, int]) -> Params:
        """The parameters with the size of a clip of this picture, width and height in pixels.

        Raises Refusal where the owner took the workflow away while the picture was loaded.
        """
        if params.workflow not in self._workflows:
            raise Refusal("no_workflow")
        size = fit_size(self._workflows[params.workflow], picture, options.aspect)
        return replace(params, width=size[0], height=size[1]) if size else params

    def _refuse_impossible(self, wanted: Wanted, known_servers: Sequence[KnownServer]) -> None:
        """Raise a Refusal where every server says that it cannot run this: waiting would not help."""
        if wanted.loras and wanted.workflow in self._workflows and runnable_by_any(known_servers):
            offered = loras_among(self._workflows, known_servers, wanted.workflow, wanted.preset)
            check_loras(wanted.loras, self._workflows[wanted.workflow], offered)
        if wait_reason(self._workflows, known_servers, wanted) is not WaitReason.CANNOT_RUN:
            return
        family = self._workflows[wanted.workflow].family if wanted.workflow in self._workflows else ""
        presets = models_among(self._workflows, known_servers).get(family, dict[str, Workflow]())
        code = "cannot_run"
        if any(wanted.workflow in each.lacks_nodes for each in known_servers):
            code = "cannot_run_node"
        elif any(wanted.workflow in each.lacks for each in known_servers):
            code = "cannot_run_file"
        raise Refusal(code, preset=wanted.preset, instead=", ".join(presets))

    async def _require_runnable(self, params: Params) -> None:
        await self._ask_servers(lambda known_servers: self._refuse_impossible(params, known_servers))

    def _other_seed(self, parent: Job) -> int:
        return other_seed(parent.params.seed, self._workflows.get(parent.params.workflow))

    def _has_seed(self, params: Params) -> bool:
        workflow = self._workflows.get(params.workflow)
        return params.seed is not None and (workflow is None or "seed" in workflow.inputs)

    def _advise(
        self, params: Params, options: Options, issues: Collection[media.PictureIssue] = ()
    ) -> tuple[Advice, ...]:
        """Advice on a job with these parameters, which may leave out words of the options."""
        workflow = self._workflows.get(params.workflow)
        unheard = workflow if options.prompt.strip() and not params.prompt else None
        return advise(
            params.prompt,
            params.negative_prompt,
            issues,
            loop=options.loop,
            wordless=titles_of(unheard) if unheard else None,
        )

    def _changed(self, parent: Job, options: Options) -> Params:
        options.check()
        params = replace(parent.params, left_open=())
        return change_params(params, options, self._workflows.get(params.workflow))

    async def _repeat(self, requester: Requester, parent: Job, params: Params, key: str) -> Admitted:
        finished = await self._store.finished_rerolls(parent.id, requester.user_id)
        params = replace(params, left_open=())
        return await self._admit_child(requester, parent, params, f"{key} {requester.user_id} {finished}")

    async def _admit_child(
        self, requester: Requester, parent: Job, params: Params, key: str, advice: tuple[Advice, ...] = ()
    ) -> Admitted:
        """Admit a job for its parent's pictures, as long as these are kept."""
        if parent.withdrawn:
            raise Refusal("withdrawn")
        await self._require_runnable(params)
        try:
            for picture in parent.pictures or [parent.picture]:
                await self._files.touch_picture(picture)
        except FileNotFoundError as err:
            raise Refusal("picture_gone") from err
        except (OSError, StoreError) as err:
            log.error("the time of a picture cannot be written: %s", err)
            raise Refusal("storage_away" if isinstance(err, BlobsUnavailable) else "full") from err
        pictures = parent.picture, parent.last_picture
        return await self._admit(requester, key, params, pictures, parent=parent.id, advice=advice)

    async def _check_limits(
        self,
        requester: Requester,
        key: str,
        params: Params,
        *,
        parent: str | None = None,
        draft: int | None = None,
    ) -> Job | None:
        """Refuse before the work on a picture what would be refused after it; the job of a known key.

        Raises Refusal.
        """
        user_id, guild_id = requester.user_id, requester.guild_id
        with _refusals(store_fails="internal"):
            return await self._store.check_admission(
                key, user_id, guild_id, params.prompt, parent=parent, draft=draft
            )

    async def _admit(
        self,
        requester: Requester,
        key: str,
        params: Params,
        pictures: tuple[str, str | None],
        *,
        parent: str | None = None,
        draft: int | None = None,
        advice: tuple[Advice, ...] = (),
    ) -> Admitted:
        share = self._shares.of(requester.actor)
        request = Request(
            key=key,
            user_id=requester.user_id,
            guild_id=requester.guild_id,
            channel_id=requester.channel_id,
            locale=requester.locale,
            params=params,
            picture=pictures[0],
            last_picture=pictures[1],
            parent=parent,
            draft=draft,
            weight=share.weight,
            head_start=share.head_start,
        )
        admission = await self._enqueue(request)
        return Admitted(job=admission.job, created=admission.created, advice=advice)

    async def _enqueue(self, request: Request) -> Admission:
        with _refusals(store_fails="full"):
            admission = await self._store.admit(request)
        log.info("job %s: admitted for person %s", admission.job.id, request.user_id)
        return admission


def _pictures(options: Options, first: str, last: StoredPicture | None) -> tuple[str, str | None]:
    """The sha256 of a job's first picture and of the one that it ends on: of a loop the first again."""
    return first, first if options.loop else last.sha256 if last else None


@contextlib.contextmanager
def _refusals(*, store_fails: str) -> Generator[None]:
    """Raise a Refusal for whatever storage raises at an admission: `store_fails` where no rule forbids it."""
    try:
        yield
    except AdmissionRefused as err:
        because = {"reason": err.reason} if err.reason else dict[str, str]()
        raise Refusal(err.rule, number=err.number or 0, lifts_at=err.lifts_at or 0, **because) from err
    except StoreError as err:
        log.error("a job cannot be admitted: %s", err)
        raise Refusal(store_fails) from err
