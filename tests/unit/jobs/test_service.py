"""Admission: what becomes a job, what is refused and why, and that one request is one job."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from comfy import NodeMissing
from jobs.advice import Advice
from jobs.errors import Refusal
from jobs.options import Options
from jobs.picture_loader import MAX_MEGABYTES, MAX_MEGAPIXELS
from jobs.requester import Actor, Location, QueueShare, Requester, SharePolicy
from jobs.routing import record_of
from jobs.service import Admitted, JobService
from media import BadClip, BadPicture, ClipFault, PictureFault, PictureIssue, ProcessStartFailed
from storage import Job, QueueLimits, Reason, State
from tests.blob_files import clip_path
from tests.unit.jobs.ending_setup import with_last_picture
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.sample_jobs import PARAMS
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer

PROMPT = "the cat is playing with a ball of yarn"
OPTIONS = Options(prompt=PROMPT, preset="fast", seed=7)
ADA = Requester(
    actor=Actor(id=42, bot=False, roles=frozenset({10}), booster=True),
    location=Location(guild_id=7, channel_ids=frozenset({8})),
    channel_id=8,
    message_id=99,
    locale="zh-CN",
)
BO = replace(ADA, actor=Actor(id=43, bot=False, roles=frozenset()))
SHARES = SharePolicy(roles={10: 3.0}, booster=QueueShare(weight=2.0, head_start=60.0))


@dataclass
class AdmissionSetup:
    """A service, and the pictures that were loaded for it."""

    setup: JobSetup
    service: JobService
    loaded: list[bytes] = field(default_factory=list)

    async def load(self) -> bytes:
        self.loaded.append(b"a picture")
        return self.loaded[-1]

    async def animate(self, options: Options = OPTIONS, key: str = "interaction 1") -> Admitted:
        return await self.service.animate(ADA, options, self.load, key)

    async def done(self, key: str = "parent") -> Job:
        """A job that became a clip."""
        job = await self.setup.admit(key)
        lease = await self.setup.store.claim("gpu:8188", WORKFLOWS)
        assert lease
        name = f"{job.id}.mp4"
        await asyncio.to_thread(clip_path(self.setup.files, name).write_bytes, b"a clip")
        lease = await self.setup.store.move(lease, State.RUNNING)
        return (await self.setup.store.move(lease, State.DONE, clip=name, result_message=99)).job

    async def finish(self, job: Job) -> None:
        """Let a job that waits be over."""
        assert await self.setup.store.cancel(job.id, mover="person 42", reason=Reason(code="cancelled"))


@pytest.fixture
def admission(setup: JobSetup, server: ScriptedServer) -> AdmissionSetup:
    return AdmissionSetup(setup, make_service(setup, server))


def make_service(setup: JobSetup, *servers: ScriptedServer, **changes: object) -> JobService:
    parts: dict[str, object] = {
        "store": setup.store,
        "files": setup.files,
        "pictures": setup.media,
        "workflows": WORKFLOWS,
        "directory": setup.directory(*servers),
        "shares": SHARES,
    }
    return JobService(**(parts | changes))  # type: ignore[arg-type]


async def refused(work: Awaitable[object]) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        await work
    return refusal.value


# a new picture


async def test_a_picture_and_options_become_a_job(admission: AdmissionSetup) -> None:
    admission.setup.media.size = (600, 600)
    admitted = await admission.animate(replace(OPTIONS, choices="pingpong=back"))
    job = admitted.job
    assert admitted.created
    assert (job.user_id, job.guild_id, job.channel_id, job.locale) == (42, 7, 8, "zh-CN")
    assert (job.state, job.parent, job.key) == (State.QUEUED, None, "interaction 1")
    assert (job.params.prompt, job.params.seed, job.params.choices) == (PROMPT, 7, {"pingpong": "back"})
    assert job.params.width == job.params.height
    assert await admission.setup.files.read_picture(job.picture) == b"clean a picture"


async def test_a_spoiler_stays_one_whatever_is_made_of_it(admission: AdmissionSetup) -> None:
    service, setup = admission.service, admission.setup
    job = (await service.animate(ADA, OPTIONS, admission.load, "a", spoiler=True)).job
    assert job.params.spoiler
    assert not (await service.animate(ADA, OPTIONS, admission.load, "b")).job.params.spoiler
    parent = replace(await admission.done(), params=job.params)
    made = [
        await service.reroll(ADA, parent),
        await service.retry(ADA, parent, parent.params),
        await service.change(ADA, parent, Options(prompt="a cat"), "c"),
    ]
    setup.store.limits = QueueLimits(queued_per_person=None)
    setup.store._numbers = setup.store.limits.parameters()
    made.append(await service.extend(ADA, parent, Options(prompt="a cat"), join=True, key="d"))
    assert all(each.job.params.spoiler for each in made)


async def test_a_share_of_the_gpu_comes_with_the_person(admission: AdmissionSetup) -> None:
    assert (await admission.animate()).job.weight == 3.0
    assert (await admission.service.animate(BO, OPTIONS, admission.load, "b")).job.weight == 1.0


async def test_a_request_in_direct_messages_belongs_to_no_guild(admission: AdmissionSetup) -> None:
    private = replace(ADA, location=Location(guild_id=None, channel_ids=frozenset()))
    assert (await admission.service.animate(private, OPTIONS, admission.load, "dm")).job.guild_id == 0


async def test_one_key_is_admitted_once(admission: AdmissionSetup) -> None:
    first, again = await admission.animate(), await admission.animate()
    assert (again.job.id, again.created) == (first.job.id, False)
    assert (await admission.animate(key="interaction 2")).created


async def test_advice_comes_with_the_job(admission: AdmissionSetup) -> None:
    admission.setup.media.issues = frozenset({PictureIssue.DARK})
    admitted = await admission.animate(replace(OPTIONS, prompt="cat"))
    assert admitted.advice == (Advice(name="advice_short"), Advice(name="advice_dark"))
    assert (await admission.animate(key="b")).advice == (Advice(name="advice_dark"),)


@pytest.mark.parametrize(
    "options", [Options(prompt=" "), replace(OPTIONS, steps=0), replace(OPTIONS, prompt="x" * 1501)]
)
async def test_no_picture_is_loaded_for_options_that_are_refused(
    admission: AdmissionSetup, options: Options
) -> None:
    await refused(admission.animate(options))
    assert admission.loaded == []


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (replace(OPTIONS, model="sora"), Refusal("model", model="sora", offered="wan21_i2v")),
        (
            replace(OPTIONS, preset="cinema"),
            Refusal("preset", preset="cinema", offered="draft, fast, quality, turbo"),
        ),
        (
            replace(OPTIONS, choices="pingpong=sideways"),
            Refusal("choice", choice="pingpong=sideways", offered="pingpong=off, pingpong=back"),
        ),
        (replace(OPTIONS, seconds=6), Refusal("range", name="seconds", low=1, high=5)),
    ],
    ids=["model", "preset", "choice", "range"],
)
async def test_what_is_not_offered_is_refused_and_leaves_no_job(
    admission: AdmissionSetup, options: Options, refusal: Refusal
) -> None:
    assert await refused(admission.animate(options)) == refusal
    assert await admission.setup.store.waiting() == []


async def test_without_any_workflow_nothing_is_admitted(setup: JobSetup) -> None:
    admission = AdmissionSetup(setup, make_service(setup, workflows={}))
    assert await refused(admission.animate()) == Refusal("no_workflow")


@pytest.mark.parametrize("fault", PictureFault)
async def test_a_bad_picture_is_refused_with_the_limit_that_it_broke(
    admission: AdmissionSetup, fault: PictureFault
) -> None:
    admission.setup.media.error = BadPicture(fault)
    limit = {PictureFault.TOO_LARGE: MAX_MEGABYTES, PictureFault.TOO_MANY_PIXELS: MAX_MEGAPIXELS}
    assert await refused(admission.animate()) == Refusal(fault.value, limit=limit.get(fault, 0))


async def test_a_child_that_does_not_start_is_our_fault(admission: AdmissionSetup) -> None:
    admission.setup.media.error = ProcessStartFailed()
    assert await refused(admission.animate()) == Refusal("internal")


async def test_what_loading_raises_is_raised(admission: AdmissionSetup) -> None:
    async def load() -> bytes:
        raise Refusal("picture_gone")

    assert await refused(admission.service.animate(ADA, OPTIONS, load, "a")) == Refusal("picture_gone")


async def test_a_store_that_cannot_be_read_is_not_called_full(admission: AdmissionSetup) -> None:
    admission.setup.database.broken = True
    assert await refused(admission.animate()) == Refusal("internal")


async def test_a_disk_that_takes_no_picture_is_full(admission: AdmissionSetup) -> None:

    def replace_the_folder_by_a_file() -> None:
        folder = clip_path(admission.setup.files, "x").parents[1] / "pictures"
        for picture in folder.iterdir():
            picture.unlink()
        folder.rmdir()
        folder.touch()

    await asyncio.to_thread(replace_the_folder_by_a_file)
    assert await refused(admission.animate()) == Refusal("full")


async def test_a_rule_of_the_queue_says_its_name_and_number(admission: AdmissionSetup) -> None:
    admission.setup.store.limits = QueueLimits(queued_per_person=1)
    admission.setup.store._numbers = admission.setup.store.limits.parameters()
    await admission.animate()
    refusal = await refused(admission.animate(key="interaction 2"))
    assert refusal == Refusal("queued_per_person", number=1, lifts_at=0)


async def test_what_is_known_without_the_picture_is_refused_before_it_is_loaded(
    admission: AdmissionSetup,
) -> None:
    await admission.setup.store.block(42)
    assert (await refused(admission.animate())).code == "blocked_people"
    assert (await refused(admission.animate(replace(OPTIONS, preset="cinema")))).code == "preset"
    assert (await refused(admission.animate(replace(OPTIONS, choices="pingpong=sideways")))).code == "choice"
    assert admission.loaded == []
    assert admission.setup.media.asked == []


async def test_of_many_at_once_no_more_are_loaded_than_admitted(admission: AdmissionSetup) -> None:
    admission.setup.store.limits = QueueLimits(queued_per_person=3)
    admission.setup.store._numbers = admission.setup.store.limits.parameters()
    requests = [admission.animate(key=f"interaction {number}") for number in range(20)]
    made = await asyncio.gather(*requests, return_exceptions=True)
    assert sum(isinstance(each, Admitted) for each in made) == 3
    assert len(admission.loaded) == 3


async def test_no_last_frame_is_read_for_a_continuation_that_is_refused(admission: AdmissionSetup) -> None:
    parent = await admission.done()
    await admission.setup.store.block(42)
    continuing = admission.service.extend(ADA, parent, Options(prompt="a"), join=False, key="b")
    assert (await refused(continuing)).code == "blocked_people"
    assert admission.setup.media.asked == []


# a job again


Again = Callable[[AdmissionSetup, Requester, Job], Awaitable[Admitted]]


async def reroll(admission: AdmissionSetup, requester: Requester, parent: Job) -> Admitted:
    return await admission.service.reroll(requester, parent)


async def retry(admission: AdmissionSetup, requester: Requester, parent: Job) -> Admitted:
    return await admission.service.retry(requester, parent, replace(parent.params, frames=17))


async def change(admission: AdmissionSetup, requester: Requester, parent: Job) -> Admitted:
    return await admission.service.change(
        requester, parent, Options(prompt=PROMPT, seed=9), f"m {requester.user_id}"
    )


async def extend(admission: AdmissionSetup, requester: Requester, parent: Job) -> Admitted:
    options = Options(prompt=PROMPT)
    return await admission.service.extend(requester, parent, options, join=True, key=f"m {requester.user_id}")


@pytest.mark.parametrize("again", [reroll, retry, change, extend])
async def test_a_child_is_its_requesters_and_asked_for_twice_it_is_one(
    admission: AdmissionSetup, again: Again
) -> None:
    parent = await admission.done()
    first, twice, other = [await again(admission, who, parent) for who in (ADA, ADA, BO)]
    assert (first.job.parent, first.job.user_id) == (parent.id, ADA.user_id)
    assert (twice.job.id, twice.created) == (first.job.id, False)
    assert other.created
    assert other.job.user_id == BO.user_id


@pytest.mark.parametrize("again", [reroll, retry])
async def test_after_it_is_over_it_can_be_asked_for_again(admission: AdmissionSetup, again: Again) -> None:
    parent = await admission.done()
    first = await again(admission, ADA, parent)
    await admission.finish(first.job)
    assert (await again(admission, ADA, parent)).created


async def test_the_key_of_a_reroll_names_the_message(admission: AdmissionSetup) -> None:
    admitted = await admission.service.reroll(ADA, await admission.done())
    assert admitted.job.key == "reroll 99 42 0"
    assert await admission.setup.store.has_unfinished_reroll(99)


async def test_a_reroll_changes_the_seed_alone(admission: AdmissionSetup) -> None:
    parent = await admission.done()
    job = (await admission.service.reroll(ADA, parent)).job
    assert job.params == replace(PARAMS, seed=job.params.seed)
    assert job.params.seed != PARAMS.seed
    assert job.picture == parent.picture


async def test_a_retry_takes_the_parameters_that_it_is_given(admission: AdmissionSetup) -> None:
    parent = await admission.done()
    assert (await retry(admission, ADA, parent)).job.params == replace(PARAMS, frames=17)


async def test_a_change_keeps_the_picture_and_what_it_does_not_name(admission: AdmissionSetup) -> None:
    parent = await admission.done()
    admitted = await admission.service.change(ADA, parent, Options(prompt="a cat", seconds=1), "modal 1")
    assert admitted.job.params == replace(PARAMS, prompt="a cat", frames=17)
    assert (admitted.job.picture, admitted.job.key) == (parent.picture, "modal 1")
    assert admitted.advice == (Advice(name="advice_short"),)


async def test_loras_are_kept_whatever_is_made_of_a_job_as_long_as_a_server_has_them(
    admission: AdmissionSetup, server: ScriptedServer
) -> None:
    parent = replace(await admission.done(), params=replace(PARAMS, loras={"smoke": 0.5}))
    service, options = admission.service, Options(prompt="a cat")
    server.loras = ("smoke",)
    made = [
        await service.reroll(ADA, parent),
        await service.change(ADA, parent, options, "c"),
        await service.extend(ADA, parent, options, join=False, key="d"),
    ]
    assert [each.job.params.loras for each in made] == [{"smoke": 0.5}] * 3
    server.loras = ("rain",)
    refusal = await refused(service.change(ADA, parent, options, "e"))
    assert (refusal.code, refusal.values["lora"], refusal.values["offered"]) == ("lora", "smoke", "rain")


@pytest.mark.parametrize("join", [False, True])
async def test_an_extension_starts_from_the_last_frame_with_another_seed(
    admission: AdmissionSetup, join: bool
) -> None:
    parent = await admission.done()
    job = (await admission.service.extend(ADA, parent, Options(prompt=PROMPT), join=join, key="modal 1")).job
    assert await admission.setup.files.read_picture(job.picture) == b"last of a clip"
    assert job.params.after == (parent.id if join else None)
    assert job.params.seed != PARAMS.seed


async def test_options_of_a_change_are_checked_against_the_workflow(admission: AdmissionSetup) -> None:
    parent = await admission.done()
    assert (
        await refused(admission.service.change(ADA, parent, Options(prompt=""), "m"))
    ).code == "prompt_empty"
    few = WORKFLOWS["wan21_i2v"]
    rules = few.rules
    ranges = {**rules.ranges, "steps": replace(rules.ranges["steps"], most=10)}
    few = replace(few, rules=replace(rules, ranges=ranges))
    service = make_service(admission.setup, workflows={few.name: few})
    refusal = await refused(service.change(ADA, parent, OPTIONS, "m"))
    assert refusal == Refusal("range", name="steps", low=1, high=10)


@pytest.mark.parametrize("again", [reroll, retry, change])
async def test_without_its_picture_a_job_cannot_be_made_again(
    admission: AdmissionSetup, again: Again
) -> None:
    parent = replace(await admission.done(), picture="0" * 64)
    assert await refused(again(admission, ADA, parent)) == Refusal("picture_gone")


async def test_without_its_clip_a_job_cannot_be_extended(admission: AdmissionSetup) -> None:
    parent = await admission.done()
    for gone in (replace(parent, clip=None), replace(parent, clip="gone.mp4")):
        assert await refused(extend(admission, ADA, gone)) == Refusal("clip_gone")
    admission.setup.media.error = BadClip(ClipFault.BROKEN)
    assert await refused(extend(admission, ADA, parent)) == Refusal("clip_gone")


async def test_nothing_is_made_of_what_was_taken_back_meanwhile(admission: AdmissionSetup) -> None:
    parent = await admission.done()
    reroll = (await admission.service.reroll(BO, parent)).job
    store, again = admission.setup.store, replace(BO, message_id=100)
    await store.mark_for_deletion(parent.id)
    for stale in (reroll, await store.job(reroll.id)):
        assert (await refused(admission.service.reroll(again, stale))).code == "withdrawn"
        assert (await refused(retry(admission, again, stale))).code == "withdrawn"
        assert (await refused(extend(admission, again, stale))).code == "withdrawn"
    assert (await refused(admission.service.reroll(again, parent))).code == "gone"


# a picture that the clip ends on


async def load_last() -> bytes:
    return b"the end"


@pytest.fixture
def ending(setup: JobSetup, server: ScriptedServer) -> AdmissionSetup:
    """A service whose workflows take a last picture."""
    workflows = {name: with_last_picture(each) for name, each in WORKFLOWS.items()}
    return AdmissionSetup(setup, make_service(setup, server, workflows=workflows))


async def last_of(admission: AdmissionSetup, job: Job) -> bytes:
    return await admission.setup.files.read_picture(job.last_picture or "")


async def test_a_clip_ends_on_a_picture_and_so_do_its_rerolls(ending: AdmissionSetup) -> None:
    service = ending.service
    ending.setup.media.issues = frozenset({PictureIssue.DARK})
    admitted = await service.animate(ADA, OPTIONS, ending.load, "a", load_last=load_last)
    job, advice = admitted.job, [each.name for each in admitted.advice]
    assert await ending.setup.files.read_picture(job.picture) == b"clean a picture"
    assert await last_of(ending, job) == b"clean the end"
    assert "advice_dark" in advice
    assert "advice_loop" not in advice
    again = (await service.reroll(ADA, job)).job
    changed = (await service.change(ADA, job, Options(prompt="a cat"), "c")).job
    assert [each.pictures for each in (again, changed)] == [job.pictures] * 2


async def test_a_loop_ends_on_its_first_picture_and_is_advised(ending: AdmissionSetup) -> None:
    admitted = await ending.animate(replace(OPTIONS, loop=True))
    assert admitted.job.picture == admitted.job.last_picture
    assert "advice_loop" in [each.name for each in admitted.advice]
    assert len(ending.loaded) == 1
    assert (await ending.service.reroll(ADA, admitted.job)).job.pictures == (admitted.job.picture,)


async def test_a_clip_is_continued_to_a_picture_or_to_none(ending: AdmissionSetup) -> None:
    parent = replace(await ending.done(), last_picture="ff" * 32)
    job = (await ending.service.extend(ADA, parent, OPTIONS, join=False, key="a", load_last=load_last)).job
    assert await ending.setup.files.read_picture(job.picture) == b"last of a clip"
    assert await last_of(ending, job) == b"clean the end"
    freely = (await ending.service.extend(ADA, parent, OPTIONS, join=False, key="b")).job
    assert freely.last_picture is None


async def test_where_the_workflow_takes_no_last_picture_it_is_refused_before_any_is_loaded(
    admission: AdmissionSetup,
) -> None:
    service = admission.service
    parent = await admission.done()
    for work in (
        service.animate(ADA, OPTIONS, admission.load, "a", load_last=load_last),
        service.extend(ADA, parent, OPTIONS, join=False, key="b", load_last=load_last),
    ):
        refusal = await refused(work)
        assert (refusal.code, refusal.values["name"]) == ("unused", "end")
    assert admission.loaded == []


async def test_a_loop_that_ends_on_another_picture_is_refused(ending: AdmissionSetup) -> None:
    loop = replace(OPTIONS, loop=True)
    refusal = await refused(ending.service.animate(ADA, loop, ending.load, "a", load_last=load_last))
    assert refusal == Refusal("loop_and_end")


async def test_a_last_picture_that_is_refused_admits_nothing(ending: AdmissionSetup) -> None:
    async def load_gone() -> bytes:
        raise Refusal("picture_gone")

    refusal = await refused(ending.service.animate(ADA, OPTIONS, ending.load, "a", load_last=load_gone))
    assert refusal == Refusal("picture_gone")
    assert await ending.setup.store.history(42) == []


@pytest.mark.parametrize("again", [reroll, retry, change])
async def test_without_its_last_picture_a_job_cannot_be_made_again(
    admission: AdmissionSetup, again: Again
) -> None:
    parent = replace(await admission.done(), last_picture="0" * 64)
    assert await refused(again(admission, ADA, parent)) == Refusal("picture_gone")


# what is offered, and prompts recalled


async def test_models_and_choices_are_those_of_all_servers(setup: JobSetup) -> None:
    one, two = server_with(*PLAIN, name="one"), server_with(TURBO, name="two")
    service = make_service(setup, one, two)
    assert set((await service.models())["wan21_i2v"]) == {"turbo", "draft", "fast", "quality"}
    assert await service.choices("wan21_i2v") == WORKFLOWS["wan21_i2v"].choices
    assert await service.choices("wan21_i2v_native") == {}
    assert set((await make_service(setup, one).models())["wan21_i2v"]) == {"draft", "fast", "quality"}


# what servers can run, and could


PLAIN, TURBO = ("wan21_i2v", "wan21_i2v_seed"), "wan21_i2v_lightx2v"
WANTED = Options(prompt=PROMPT)


def server_with(*workflows: str, name: str = "gpu:8188") -> ScriptedServer:
    server = ScriptedServer(name)
    server.answer(*workflows)
    return server


async def remembered(setup: JobSetup, *workflows: str, name: str = "gpu:8188") -> ScriptedServer:
    """A server that is down since the start, and that could run these in an earlier process."""
    await setup.store.record_server(record_of(server_with(*workflows, name=name)))
    return ScriptedServer.never_reached(name)


async def test_while_no_server_answers_what_they_could_do_decides(setup: JobSetup) -> None:
    admission = AdmissionSetup(setup, make_service(setup, await remembered(setup, *PLAIN, TURBO)))
    job = (await admission.animate(WANTED)).job
    assert (job.params.preset, job.params.steps, job.params.left_open) == ("turbo", 4, ())
    assert (await admission.animate(replace(WANTED, preset="turbo"), "b")).created
    assert "turbo" in (await admission.service.models())["wan21_i2v"]
    assert "pingpong" in await admission.service.choices(TURBO)


async def test_a_server_that_could_not_do_turbo_makes_the_default_fast(setup: JobSetup) -> None:
    admission = AdmissionSetup(setup, make_service(setup, await remembered(setup, *PLAIN)))
    job = (await admission.animate(WANTED)).job
    assert (job.params.preset, job.params.left_open) == ("fast", ())
    assert "turbo" not in (await admission.service.models())["wan21_i2v"]


async def test_what_a_server_that_is_no_longer_configured_could_do_does_not_count(setup: JobSetup) -> None:
    await remembered(setup, *PLAIN, TURBO, name="gone:8188")
    admission = AdmissionSetup(setup, make_service(setup, await remembered(setup, *PLAIN)))
    assert (await admission.animate(WANTED)).job.params.preset == "fast"


async def test_where_nothing_was_ever_known_it_is_left_open(setup: JobSetup) -> None:
    admission = AdmissionSetup(setup, make_service(setup, ScriptedServer.never_reached()))
    job = (await admission.animate(replace(WANTED, steps=9, choices="pingpong=back"))).job
    left_open = ("workflow", "preset", "model", "negative", "seconds", "cfg", "shift", "denoise")
    assert job.params.left_open == left_open
    assert (job.params.steps, job.params.choices) == (9, {"pingpong": "back"})
    chosen = (await admission.animate(replace(WANTED, preset="quality"), "b")).job
    assert (chosen.params.preset, chosen.params.left_open) == ("quality", ())
    again = (await admission.service.retry(ADA, job, job.params)).job
    assert again.params.left_open == ()


async def test_what_no_server_can_run_is_refused_at_once_and_why(setup: JobSetup) -> None:
    admission = AdmissionSetup(
        setup, make_service(setup, server_with(*PLAIN), server_with(PLAIN[0], name="b"))
    )
    refusal = await refused(admission.animate(replace(WANTED, preset="turbo")))
    assert refusal == Refusal("cannot_run_file", preset="turbo", instead="draft, fast, quality")
    assert admission.loaded == []
    assert await setup.store.waiting() == []
    assert (await admission.animate(WANTED)).job.params.preset == "fast"


async def test_where_nothing_at_all_can_be_run_everybody_is_told(setup: JobSetup) -> None:
    server = server_with()
    admission = AdmissionSetup(setup, make_service(setup, server))
    assert await refused(admission.animate(WANTED)) == Refusal("no_workflow")
    server.missing = {"wan21_i2v": [NodeMissing(class_type="WanVideoSampler")]}
    parent = await admission.done()
    for again in (reroll, retry, change, extend):
        refusal = await refused(again(admission, ADA, parent))
        assert refusal == Refusal("cannot_run_node", preset="fast", instead="")


async def test_a_server_that_is_down_and_could_run_it_is_waited_for(setup: JobSetup) -> None:
    down = await remembered(setup, TURBO, name="down:8188")
    admission = AdmissionSetup(setup, make_service(setup, server_with(*PLAIN), down))
    assert (await admission.animate(WANTED)).job.params.preset == "turbo"
    down = await remembered(setup, *PLAIN, name="down:8188")
    admission = AdmissionSetup(setup, make_service(setup, server_with(*PLAIN), down))
    assert (await admission.animate(replace(WANTED, preset="turbo"), "b")).created  # it may have it by then
    assert (await admission.animate(WANTED, "c")).job.params.preset == "fast"


async def test_servers_are_asked_again_before_a_request_is_refused(setup: JobSetup) -> None:
    server = server_with(*PLAIN)
    admission = AdmissionSetup(setup, make_service(setup, server))
    server.install(*PLAIN, TURBO)
    assert (await admission.animate(replace(WANTED, preset="turbo"))).job.params.workflow == TURBO
    assert server.times("refresh") == 1


async def test_a_short_id_stands_for_the_prompt_of_ones_own_job(admission: AdmissionSetup) -> None:
    job = await admission.setup.admit()
    asked = Options(prompt=f" #{job.short} ", seed=1)
    assert await admission.service.recall(ADA, asked) == Options(prompt=PARAMS.prompt, seed=1)
    assert await admission.service.recall(BO, asked) == asked
    for other in ("#00000000", "#cat", "a cat"):
        assert await admission.service.recall(ADA, Options(prompt=other)) == Options(prompt=other)
