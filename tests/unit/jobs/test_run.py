"""One run: entered and cancelled in every state, too long, saved again, shown as it forms."""

import asyncio
from dataclasses import replace

import pytest

import comfy
from jobs import run as run_module
from jobs.announcer import JobStage
from jobs.errors import JobFailure
from jobs.pace import expected_end
from jobs.run import PreviewPolicy, Run, rerun_id
from jobs.uploads import last_picture_name, picture_name
from storage import Lease, LeaseLost, Reason, State
from tests.blob_files import clip_path
from tests.unit.jobs.ending_setup import LOADER, with_last_picture
from tests.unit.jobs.job_setup import JobSetup, upload_limit
from tests.unit.jobs.observable import Hold
from tests.unit.jobs.sample_jobs import PARAMS
from tests.unit.jobs.scripted_announcer import PreviewShown, Progress, StageReached
from tests.unit.jobs.scripted_server import (
    CLIP,
    CLIP_BYTES,
    DONE,
    LAST_STEP,
    SMALLER,
    STARTED,
    STEP,
    WORKFLOWS,
    ScriptedServer,
)

CANCEL = Reason(code="cancelled")
BEFORE_ITS_END = [State.CLAIMED, State.SUBMITTING, State.RUNNING]


async def whole(run: Run) -> None:
    """Both halves of a run."""
    await run.compute()
    await run.fetch()


async def cancel(setup: JobSetup, lease: Lease) -> None:
    assert await setup.store.cancel(lease.job.id, mover="person 42", reason=CANCEL)


def clip_of(setup: JobSetup, run: Run) -> bytes:
    assert run.job.clip
    return clip_path(setup.files, run.job.clip).read_bytes()


async def test_a_new_job_is_submitted_once_and_its_clip_brought(
    setup: JobSetup, server: ScriptedServer
) -> None:
    run = setup.run(await setup.lease(), server)
    await whole(run)
    assert (run.job.state, run.job.attempts, run.job.seconds) == (State.DELIVERING, 1, DONE.seconds)
    assert run.job.clip == f"{run.job.id}.mp4"
    assert clip_of(setup, run) == CLIP_BYTES
    assert server.ran == [run.job.id]
    assert await server.locate(run.job.id) is None
    moves = [each.state for each in await setup.store.transitions(run.job.id)]
    assert moves == ["queued", "claimed", "submitting", "running", "downloading", "delivering"]
    stages = [fact.stage for fact in setup.announcer.about(run.job, StageReached)]
    assert stages == [JobStage.PREPARING, JobStage.DOWNLOADING]
    events = [fact.event for fact in setup.announcer.about(run.job, Progress)]
    assert events == [STARTED, STEP, LAST_STEP]


@pytest.mark.parametrize("state", [State.CLAIMED, State.SUBMITTING])
async def test_a_job_left_before_it_was_submitted_is_submitted(
    setup: JobSetup, server: ScriptedServer, state: State
) -> None:
    run = setup.run(await setup.left_over(state), server)
    await whole(run)
    assert server.ran == [run.job.id]
    assert (run.job.state, run.job.attempts) == (State.DELIVERING, 1)


async def test_after_a_crash_the_file_of_the_output_node_is_fetched(
    setup: JobSetup, server: ScriptedServer
) -> None:
    run = setup.run(await setup.left_over(State.DOWNLOADING), server)
    side = comfy.OutputFile(filename="side.mp4", subfolder="animate", type="temp")
    server.files |= {CLIP.filename: CLIP_BYTES, side.filename: CLIP_BYTES + b", another"}
    server.saved_by = {"3": (side,), WORKFLOWS[run.job.params.workflow].output: (CLIP,)}
    server.has(run.job.id, DONE)

    await run.fetch()

    assert clip_of(setup, run) == CLIP_BYTES


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RUNNING])
@pytest.mark.parametrize("script", [(STEP, DONE), (DONE,)], ids=["running", "finished"])
async def test_a_job_found_on_its_server_is_followed_and_not_run_again(
    setup: JobSetup, server: ScriptedServer, state: State, script: tuple[comfy.Event, ...]
) -> None:
    run = setup.run(await setup.left_over(state), server)
    server.has(run.job.id, *script)
    await whole(run)
    assert run.job.state == State.DELIVERING
    assert server.ran == []
    assert clip_of(setup, run) == CLIP_BYTES


async def test_a_job_that_its_server_lost_is_lost(setup: JobSetup, server: ScriptedServer) -> None:
    run = setup.run(await setup.left_over(State.RUNNING), server)
    with pytest.raises(comfy.JobLost):
        await run.compute()
    assert server.ran == []


async def test_a_job_that_was_tried_before_may_be_there_already(
    setup: JobSetup, server: ScriptedServer
) -> None:
    lease = await setup.lease(State.RUNNING)
    await setup.store.move(lease, State.QUEUED)
    again = await setup.store.claim(server.name, server.runnable)
    assert again
    server.has(lease.job.id, STEP, DONE)
    run = setup.run(again, server)
    await run.compute()
    assert server.ran == []
    assert (run.job.state, run.job.attempts) == (State.DOWNLOADING, 2)


async def test_a_clip_left_on_the_server_is_found_by_the_jobs_outcome(
    setup: JobSetup, server: ScriptedServer
) -> None:
    run = setup.run(await setup.left_over(State.DOWNLOADING), server)
    server.has(run.job.id, DONE)
    await whole(run)
    assert clip_of(setup, run) == CLIP_BYTES
    assert server.ran == []
    rerun = rerun_id(run.job)
    assert server.calls[:2] == [("cancel", rerun), ("forget", rerun)]
    assert ("forget", run.job.id) in server.calls


async def test_the_clip_is_overwritten_on_the_server_once_it_is_here(
    setup: JobSetup, server: ScriptedServer
) -> None:
    run = setup.run(await setup.lease(), server)
    await whole(run)
    assert clip_of(setup, run) == CLIP_BYTES
    assert server.files["clip.mp4"] == b"erased"
    assert list(setup.files.scratch_path("").iterdir()) == []


async def test_a_file_that_a_workflow_keeps_on_purpose_is_not_overwritten(
    setup: JobSetup, server: ScriptedServer
) -> None:
    kept = replace(CLIP, type="output")
    server.script = (STARTED, comfy.Done(files=(kept,), seconds=1.0))
    await whole(setup.run(await setup.lease(), server))
    assert server.times("overwrite") == 0


class KeepingServer(ScriptedServer):
    """A server that keeps the graphs which it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.graphs: list[comfy.Graph] = []

    async def submit(self, prompt_id: str, graph: comfy.Graph, *, tries: int = 3) -> None:
        self.graphs.append(graph)
        await super().submit(prompt_id, graph, tries=tries)


async def test_the_graph_is_given_both_pictures(setup: JobSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = with_last_picture(WORKFLOWS[PARAMS.workflow])
    monkeypatch.setitem(WORKFLOWS, ending.name, ending)  # type: ignore[arg-type]
    server = KeepingServer()
    last = await setup.files.save_picture(b"the end")
    lease = await setup.lease(last_picture=last)
    await setup.run(lease, server).compute()
    (nodes,) = [graph.as_json() for graph in server.graphs]
    images = {name: node["inputs"]["image"] for name, node in nodes.items() if "image" in node["inputs"]}  # type: ignore[index,operator]
    assert images[LOADER] == f"animate/{last_picture_name(lease.job)} [temp]"
    assert f"animate/{picture_name(lease.job)} [temp]" in images.values()


async def test_a_clip_that_is_here_already_is_not_brought_again(
    setup: JobSetup, server: ScriptedServer
) -> None:
    run = setup.run(await setup.left_over(State.DOWNLOADING), server)
    clip_path(setup.files, f"{run.job.id}.mp4").write_bytes(b"whole")
    await run.fetch()
    assert server.times("download") == 0
    assert clip_of(setup, run) == b"whole"


@pytest.mark.parametrize("outcome", [None, comfy.Interrupted(node="")])
async def test_a_clip_that_is_nowhere_is_a_lost_job(
    setup: JobSetup, server: ScriptedServer, outcome: comfy.Outcome | None
) -> None:
    run = setup.run(await setup.left_over(State.DOWNLOADING), server)
    if outcome:
        server.has(run.job.id, outcome)
    with pytest.raises(comfy.JobLost):
        await run.fetch()


async def test_what_waits_to_be_delivered_is_neither_computed_nor_fetched(
    setup: JobSetup, server: ScriptedServer
) -> None:
    await whole(setup.run(await setup.delivery(), server))
    assert server.calls == []


@pytest.mark.parametrize("state", BEFORE_ITS_END)
async def test_a_job_cancelled_before_its_run_is_stopped_on_the_server(
    setup: JobSetup, server: ScriptedServer, state: State
) -> None:
    lease = await setup.lease(state)
    await cancel(setup, lease)
    with pytest.raises(JobFailure, match="cancelled"):
        await setup.run(lease, server).compute()
    assert server.calls == [("cancel", lease.job.id)]


async def test_a_job_cancelled_before_its_download_is_not_downloaded(
    setup: JobSetup, server: ScriptedServer
) -> None:
    lease = await setup.lease(State.DOWNLOADING)
    await cancel(setup, lease)
    with pytest.raises(JobFailure, match="cancelled"):
        await setup.run(lease, server).fetch()
    assert server.times("download") == 0


async def test_a_job_cancelled_while_the_server_is_silent_is_stopped(
    setup: JobSetup, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "CANCEL_POLL_SECONDS", 0.001)
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    lease = await setup.lease()
    running = asyncio.create_task(setup.run(lease, server).compute())
    await hold.reached.wait()
    await cancel(setup, lease)
    with pytest.raises(JobFailure, match="stopped"):
        await running
    assert ("cancel", lease.job.id) in server.calls


async def test_a_store_that_cannot_say_whether_to_go_on_stops_nothing(
    setup: JobSetup, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "CANCEL_POLL_SECONDS", 0.001)
    hold = Hold()
    server.script = (STARTED, hold, DONE)
    run = setup.run(await setup.lease(), server)
    running = asyncio.create_task(run.compute())
    await hold.reached.wait()
    setup.database.broken = True
    await setup.database.refuses()
    setup.database.broken = False
    hold.release()
    await running
    assert run.job.state == State.DOWNLOADING


async def test_a_run_without_an_end_is_stopped_and_says_after_how_long(
    setup: JobSetup, server: ScriptedServer
) -> None:
    server.script = (STARTED,)
    lease = await setup.lease()
    with pytest.raises(JobFailure) as failure:
        await setup.run(lease, server, max_run_seconds=0.06).compute()
    assert failure.value.reason == Reason(code="too_long", values={"minutes": 0.0})
    assert ("cancel", lease.job.id) in server.calls


async def test_whoever_lost_the_lease_moves_nothing(setup: JobSetup, server: ScriptedServer) -> None:
    lease = await setup.lease()
    await setup.store.release_all()
    assert await setup.store.adopt("another", ["another"])
    with pytest.raises(LeaseLost):
        await setup.run(lease, server).compute()
    assert server.calls == []


@pytest.mark.parametrize(
    ("end", "raised"),
    [
        (comfy.Interrupted(node="52"), "stopped"),
        (comfy.Done(files=(), seconds=1), "no_clip"),
        (
            comfy.Done(files=(comfy.OutputFile(filename="a.png", subfolder="", type="temp"),), seconds=1),
            "no_clip",
        ),
    ],
)
async def test_an_end_without_a_clip(
    setup: JobSetup, server: ScriptedServer, end: comfy.Outcome, raised: str
) -> None:
    server.script = (end,)
    with pytest.raises(JobFailure, match=raised):
        await setup.run(await setup.lease(), server).compute()


async def test_a_broken_node_is_raised_as_it_is(setup: JobSetup, server: ScriptedServer) -> None:
    error = comfy.NodeFailed(node="52", class_type="WanVideoSampler", reason="x", out_of_memory=True)
    server.script = (comfy.Failed(error=error),)
    with pytest.raises(comfy.NodeFailed) as raised:
        await setup.run(await setup.lease(), server).compute()
    assert raised.value is error


async def test_a_picture_that_the_server_lost_is_uploaded_again(
    setup: JobSetup, server: ScriptedServer
) -> None:
    gone = comfy.GraphRejected(node="42", class_type="LoadImage", field="image", reason="gone")
    server.fails("submit", gone)
    run = setup.run(await setup.lease(), server)
    with pytest.raises(comfy.JobLost):
        await run.compute()
    await run.compute()
    assert server.times("upload") == 2
    assert run.job.state == State.DOWNLOADING


async def test_any_other_rejection_is_raised(setup: JobSetup, server: ScriptedServer) -> None:
    server.fails("submit", comfy.MissingModel(file="wan.safetensors", class_type="WanVideoModelLoader"))
    with pytest.raises(comfy.MissingModel):
        await setup.run(await setup.lease(), server).compute()


async def saved_again(setup: JobSetup, server: ScriptedServer) -> Run:
    """A run whose clip is larger than its guild takes, computed."""
    server.files |= {"clip.mp4": CLIP_BYTES * 10, "smaller.mp4": CLIP_BYTES}
    lease = await setup.lease()
    server.scripts[rerun_id(lease.job)] = (comfy.Done(files=(SMALLER,), seconds=0.1),)
    run = setup.run(lease, server, upload_limit=upload_limit(len(CLIP_BYTES) * 8))
    await run.compute()
    return run


async def test_a_job_that_is_answered_5xx_is_submitted_three_times_over_all_its_attempts(
    setup: JobSetup, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "RESUBMIT_SECONDS", 0.0)
    fault = comfy.SubmissionFailed(reason="HTTP 500: no")
    server.fails("submit", fault)
    server.fails("resume", comfy.ServerUnreachable(reason="refused"), *[fault] * 9)
    run = setup.run(await setup.lease(), server)
    with pytest.raises(comfy.ServerUnreachable):  # it goes in the second one
        await run.compute()
    await setup.store.move(run.lease, State.QUEUED)
    again = await setup.store.claim(server.name, server.runnable)
    assert again
    run = setup.run(again, server)
    with pytest.raises(comfy.SubmissionFailed):
        await run.compute()
    assert run.job.attempts == 3
    assert server.times("submit") + server.times("resume") == 3
    assert server.ran == []


async def test_a_job_killed_while_it_is_submitted_has_no_more_tries_than_another(
    setup: JobSetup, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "RESUBMIT_SECONDS", 0.0)
    server.fails("resume", *[comfy.SubmissionFailed(reason="HTTP 500")] * 9)
    run = setup.run(await setup.left_over(State.SUBMITTING), server)  # which may have been the first try
    with pytest.raises(comfy.SubmissionFailed):
        await run.compute()
    assert server.times("resume") == 2


async def test_a_5xx_that_passes_costs_an_attempt_and_no_job(
    setup: JobSetup, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "RESUBMIT_SECONDS", 0.0)
    server.fails("submit", comfy.SubmissionFailed(reason="HTTP 503"))
    run = setup.run(await setup.lease(), server)
    await whole(run)
    assert (run.job.state, run.job.attempts) == (State.DELIVERING, 2)


async def test_a_job_cancelled_between_two_submissions_is_not_submitted_again(
    setup: JobSetup, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "RESUBMIT_SECONDS", 0.0)
    lease = await setup.lease(State.SUBMITTING)
    server.fails("submit", comfy.SubmissionFailed(reason="HTTP 503"))
    server.fails("resume", comfy.SubmissionFailed(reason="HTTP 503"))
    run = setup.run(lease, server)
    await cancel(setup, lease)
    with pytest.raises(JobFailure) as failure:
        await run.compute()
    assert failure.value.reason.code == "cancelled"
    assert server.ran == []


async def test_without_live_steps_the_end_is_expected_by_the_jobs_before_it(
    setup: JobSetup, server: ScriptedServer
) -> None:
    server.live = False
    for number in range(20):
        lease = await setup.lease(State.RUNNING, key=str(number))
        lease = await setup.store.move(lease, State.DOWNLOADING, seconds=60.0)
        lease = await setup.store.move(lease, State.DELIVERING, clip="x")
        await setup.store.move(lease, State.DONE, result_message=number + 1)
    run = setup.run(await setup.lease(), server)
    expected = await setup.store.forecast(run.job.id, servers=1)
    await whole(run)
    (started,) = [each for each in setup.announcer.about(run.job, Progress) if each.event == STARTED]
    assert expected_end(expected)
    assert started.finish == pytest.approx(expected_end(expected), abs=5)


async def test_a_clip_too_large_for_its_guild_is_saved_again_and_that_file_is_taken(
    setup: JobSetup, server: ScriptedServer
) -> None:
    run = await saved_again(setup, server)
    await run.fetch()
    assert server.ran == [run.job.id, rerun_id(run.job)]
    assert run.job.clip == f"{run.job.id}.smaller.mp4"
    assert clip_of(setup, run) == CLIP_BYTES


async def test_the_server_counts_as_taken_until_the_clip_is_saved_again(
    setup: JobSetup, server: ScriptedServer
) -> None:
    hold = Hold()
    server.files |= {"clip.mp4": CLIP_BYTES * 10, "smaller.mp4": CLIP_BYTES}
    lease = await setup.lease()
    server.scripts[rerun_id(lease.job)] = (hold, comfy.Done(files=(SMALLER,), seconds=0.1))
    run = setup.run(lease, server, upload_limit=upload_limit(len(CLIP_BYTES) * 8))
    computed = asyncio.create_task(run.compute())
    await hold.reached.wait()
    assert (await setup.store.job(run.job.id)).state is State.RUNNING
    hold.release()
    await computed
    assert run.job.state is State.DOWNLOADING


async def test_a_clip_that_was_being_saved_again_when_its_process_died_is_saved_again_anew(
    setup: JobSetup, server: ScriptedServer
) -> None:
    server.files |= {"clip.mp4": CLIP_BYTES * 10, "smaller.mp4": CLIP_BYTES}
    lease = await setup.left_over(State.RUNNING)
    server.has(lease.job.id, DONE)
    server.has(rerun_id(lease.job), STARTED)
    server.scripts[rerun_id(lease.job)] = (comfy.Done(files=(SMALLER,), seconds=0.1),)
    run = setup.run(lease, server, upload_limit=upload_limit(len(CLIP_BYTES) * 8))
    await whole(run)
    assert ("cancel", rerun_id(run.job)) in server.calls
    assert run.job.clip == f"{run.job.id}.smaller.mp4"


async def test_without_the_smaller_file_the_first_one_is_taken(
    setup: JobSetup, server: ScriptedServer
) -> None:
    run = await saved_again(setup, server)
    del server.files["smaller.mp4"]
    await run.fetch()
    assert run.job.clip == f"{run.job.id}.mp4"


async def test_a_clip_that_fits_is_not_saved_again(setup: JobSetup, server: ScriptedServer) -> None:
    run = setup.run(await setup.lease(), server)
    await whole(run)
    assert server.ran == [run.job.id]


PICTURE = comfy.Preview(image=b"jpeg", kind="jpeg")


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        (PreviewPolicy(interval=0), 3),
        (PreviewPolicy(interval=60), 1),
        (PreviewPolicy(enabled=False, interval=0), 0),
        (PreviewPolicy(disabled_guilds=frozenset({7}), interval=0), 0),
        (PreviewPolicy(disabled_guilds=frozenset({8}), interval=0), 3),
    ],
)
async def test_previews_are_shown_where_and_as_often_as_wanted(
    setup: JobSetup, server: ScriptedServer, policy: PreviewPolicy, shown: int
) -> None:
    server.script = (STARTED, PICTURE, PICTURE, PICTURE, DONE)
    lease = await setup.lease()
    await setup.run(lease, server, previews=policy).compute()
    assert len(setup.announcer.about(lease.job, PreviewShown)) == shown


async def test_the_end_of_sampling_is_expected_after_the_second_step(
    setup: JobSetup, server: ScriptedServer
) -> None:
    lease = await setup.lease()
    await setup.run(lease, server).compute()
    finish = {fact.event: fact.finish for fact in setup.announcer.about(lease.job, Progress)}
    assert finish[STARTED] is finish[STEP] is None
    assert finish[LAST_STEP] is not None


@pytest.mark.parametrize("told", [30 * 86400.0, -3600.0, float("nan"), float("inf"), None])
async def test_a_time_that_cannot_be_spends_nothing_and_teaches_nothing(
    setup: JobSetup, server: ScriptedServer, told: float | None
) -> None:
    server.script = (STARTED, replace(DONE, seconds=told))
    run = setup.run(await setup.lease(), server)
    await whole(run)
    await setup.store.move(run.lease, State.DONE, result_message=1)
    done = await setup.store.job(run.job.id)
    assert done.seconds is not None
    assert done.charged == done.seconds
    assert 0 <= done.seconds < 60
    assert 0 <= await setup.store.spent_today(done.user_id) < 60
    learnt = await setup.database.fetch(
        "SELECT mean FROM pace", {}
    )  # of 0.0 s, in one tick of Windows, nothing
    assert all(0 <= pace["mean"] < 60 for pace in learnt)  # type: ignore[operator]


@pytest.mark.parametrize("told", [30 * 86400.0, -3600.0, None])
async def test_an_adopted_job_with_such_a_time_counts_as_was_expected(
    setup: JobSetup, server: ScriptedServer, told: float | None
) -> None:
    run = setup.run(await setup.left_over(State.RUNNING), server)
    server.has(run.job.id, replace(DONE, seconds=told))
    await whole(run)
    await setup.store.move(run.lease, State.DONE, result_message=1)
    done = await setup.store.job(run.job.id)
    assert (done.seconds, done.charged) == (None, done.cost)
    assert not await setup.database.fetch("SELECT mean FROM pace", {})
