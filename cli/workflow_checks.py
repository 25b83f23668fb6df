"""Checks a workflow on every server, and runs it once as a plain `/animate` would."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import comfy
from cli.doctor import servers_to_check
from cli.workflow_promises import broken_promises, promise_of
from cogs.runtime.doctor.doctor import server_section
from cogs.runtime.doctor.report import Line, Section, describe, failed, passed
from cogs.runtime.settings import Settings
from jobs.offers import default_preset
from jobs.trial import sample_jobs
from media import MediaError, open_media

TRIALS = "trials"  # the folder below DATA_DIR for the clips that are kept
RUNNING = "Running {name} once on {server}: minutes, where it has to load the models first …"
ESSENTIAL = frozenset({"reachable", "workflow"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of the checks: a section for each server, one for each run, and the clips that were kept."""

    servers: tuple[Section, ...] = ()
    runs: tuple[Section, ...] = ()
    clips: tuple[Path, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether jobs would succeed: on one server at least, and in every run that was tried."""
        return any(map(_is_well, self.servers)) and all(map(_is_well, self.runs))

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections in the order in which they are printed."""
        return (*self.servers, *self.runs)

    @property
    def short(self) -> tuple[Section, ...]:
        """The sections with what failed, and the little that matters where all is well."""
        return (
            tuple(
                replace(
                    each,
                    lines=tuple(line for line in each.lines if not line.ok or line.check in ESSENTIAL),
                )
                for each in self.servers
            )
            + self.runs
        )


def _is_well(section: Section) -> bool:
    return not any(line.failed for line in section.lines)


async def check_workflows(
    settings: Settings,
    workflows: Mapping[str, comfy.Workflow],
    *,
    run: bool,
    announce: Callable[[str], None] = lambda _: None,
) -> Checked:
    """Check on every server what these workflows need; with `run`, run each once where it can be.

    `announce` is told before each run, which may take minutes. Raises OSError.
    """
    servers = await servers_to_check(settings, workflows)
    async with asyncio.TaskGroup() as tasks:
        checks = [
            tasks.create_task(comfy.check_server(each), name=f"checking {each.name}") for each in servers
        ]
    found = [task.result() for task in checks]
    sections = [server_section(each.name, findings) for each, findings in zip(servers, found, strict=True)]
    runs, clips = list[Section](), list[Path]()
    for name, workflow in workflows.items() if run else ():
        able = [each for each, findings in zip(servers, found, strict=True) if _can_run(name, findings)]
        if able:
            announce(RUNNING.format(name=name, server=able[0].name))
            lines, clip = await try_workflow(able[0], workflow, settings.data_dir / TRIALS)
            runs.append(Section(title=f"One run of {name} on {able[0].name}", lines=tuple(lines)))
            clips += [clip] if clip else []
    return Checked(servers=tuple(sections), runs=tuple(runs), clips=tuple(clips))


def _can_run(name: str, findings: Sequence[comfy.Finding]) -> bool:
    return any(each.check.id == "workflow" and each.subject == name and each.ok for each in findings)


async def try_workflow(
    target: comfy.ServerToCheck, workflow: comfy.Workflow, folder: Path
) -> tuple[list[Line], Path | None]:
    """Run a plain request of the workflow there and hold its clip against what is promised.

    Returns the lines of the report, and the clip where there is one. Raises OSError.
    """
    sample = _plain_request(workflow)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    fitted = replace(target, picture=await _fit(target.picture, sample))
    findings = await comfy.make_clip(fitted, workflow.name, sample, folder)
    lines = [describe(each) for each in findings]
    made = next((each for each in findings if each.check.id == comfy.RUN.id and each.ok), None)
    if made is None:
        return lines, None
    clip = folder / made.fields["clip"]
    return [*lines, await _hold_promise(workflow, sample, clip)], clip


def _plain_request(workflow: comfy.Workflow) -> comfy.SampleJob:
    preset = default_preset(dict.fromkeys(workflow.presets, workflow))
    samples = sample_jobs({workflow.name: workflow})[workflow.name]
    return next(each for each in samples if each.preset == preset)


async def _fit(picture: bytes, sample: comfy.SampleJob) -> bytes:
    """The picture cut to the size of the job, as every job's is."""
    match sample.values:
        case {"width": int(width), "height": int(height)}:
            async with open_media() as media:
                return await media.fit_picture(picture, width, height)
        case _:
            return picture


async def _hold_promise(workflow: comfy.Workflow, sample: comfy.SampleJob, path: Path) -> Line:
    promise = promise_of(workflow, sample.values)
    try:
        async with open_media() as media:
            broken = broken_promises(promise, await media.probe_clip(path))
    except MediaError as err:
        return failed("promise", f"the clip cannot be read: {err}", "Look at the node that saves it.")
    if broken:
        fix = f"Say in {workflow.name}.toml what is so: fps, frames, ranges, size, sound (docs/workflows.md)."
        return failed("promise", f"the clip is not as promised: {'; '.join(broken)}", fix)
    return passed("promise", f"the clip is as promised: {promise}")
