"""The records of the queue and their JSON."""

import json
from dataclasses import fields, replace

from storage.job import Job, Lease, Params, Reason, State, field_names
from tests.unit.storage.requests import PARAMS

ROW = {
    **dict.fromkeys((each.name for each in fields(Job)), None),
    "id": "0123456789abcdef",
    "params": PARAMS.to_json(),
    "state": "running",
    "reason": '{"code": "node", "values": {"node": "52"}}',
    "cancel_requested": 1,
    "lease_until": 12.5,
}


def test_parameters_survive_json_and_unknown_keys_are_ignored() -> None:
    assert Params.from_json(PARAMS.to_json()) == PARAMS
    later = json.loads(PARAMS.to_json()) | {"of a later version": 1}
    assert Params.from_json(json.dumps(later)) == PARAMS
    assert list(json.loads(PARAMS.to_json())) == list(field_names(Params))


def test_a_reroll_differs_in_its_seed_alone() -> None:
    assert PARAMS.rerolled(5) == replace(PARAMS, seed=5)


def test_the_first_frame_takes_no_time() -> None:
    assert (PARAMS.frames, PARAMS.fps, PARAMS.seconds) == (81, 16, 5.0)


def test_a_reason_survives_json() -> None:
    reason = Reason(code="expired", values={"hours": 1.5})
    assert Reason.from_json(reason.to_json()) == reason


def test_a_row_becomes_a_job_with_its_types() -> None:
    job = Job.from_row(ROW | {"a column of a later version": 1})
    assert (job.state, job.params, job.cancel_requested) == (State.RUNNING, PARAMS, True)
    assert job.reason == Reason(code="node", values={"node": "52"})
    assert (job.short, Lease(job=job, adopted=False).until) == ("01234567", 12.5)
    assert Lease(job=replace(job, lease_until=None), adopted=False).until == 0.0
    assert Job.from_row(ROW | {"reason": None}).reason is None
