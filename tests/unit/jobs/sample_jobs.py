"""Jobs for the tests of what is pure."""

from dataclasses import replace

from storage import Job, Params, State

PARAMS = Params(
    workflow="wan21_i2v",
    preset="fast",
    prompt="the cat plays with a ball of yarn",
    negative_prompt="blurry",
    seed=123,
    steps=20,
    cfg=6.0,
    shift=5.0,
    denoise=1.0,
    width=832,
    height=480,
    frames=81,
    fps=16,
    frame_step=4,
    size_step=16,
)
JOB = Job(
    seq=1,
    id="1a2b3c4d-0000-4000-8000-000000000000",
    key="interaction 1",
    user_id=42,
    guild_id=7,
    channel_id=8,
    locale="en-US",
    params=PARAMS,
    picture="00",
    parent=None,
    state=State.RUNNING,
    epoch=1,
    server="gpu:8188",
    attempts=1,
    status_message=99,
    result_message=None,
    clip=None,
    seconds=61.25,
    reason=None,
    cancel_requested=False,
    created_at=0,
    started_at=1,
    finished_at=None,
)


def job(*, locale: str = "en-US", **params: object) -> Job:
    """A job with these parameters."""
    return replace(JOB, locale=locale, params=replace(PARAMS, **params))  # type: ignore[arg-type]
