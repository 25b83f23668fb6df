"""What a gateway and a worker know of the servers of other processes, by their rows."""

from comfy import UnavailableReason
from jobs.announcer import WaitReason
from jobs.fleet.directory import FleetServers, OwnServers
from jobs.pace import QueuePositions
from jobs.routing import record_of
from storage import ServerState, WorkerRecord
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.scripted_server import WORKFLOWS, ScriptedServer
from tests.unit.jobs.worker_setup import make_record

ELSEWHERE = make_record("attic", servers=("attic:8188",))


async def say(setup: JobSetup, server: ScriptedServer, record: WorkerRecord = ELSEWHERE) -> None:
    """Let another process write what its server says."""
    await setup.store.join_fleet(record)
    await setup.store.record_server(record_of(server))
    reason = server.unavailable_reason
    await setup.store.record_server_state(
        ServerState(
            name=server.name,
            reachable=server.reachable,
            live=True,
            unavailable=reason.value if reason else "",
            others=server.availability.others,
        )
    )


def fleet(setup: JobSetup, *own: ScriptedServer) -> FleetServers:
    return FleetServers(setup.store, WORKFLOWS, OwnServers(setup.store, WORKFLOWS, own))


async def test_a_gateway_knows_by_rows_what_a_worker_knows_by_its_server(setup: JobSetup) -> None:
    server = ScriptedServer("attic:8188")
    server.availability.others = 3
    server.answer("wan21_i2v")
    await say(setup, server)
    (by_rows,), (by_server,) = await fleet(setup).known(), await setup.directory(server).known()
    assert by_rows == by_server


async def test_own_servers_are_asked_and_others_read(setup: JobSetup, server: ScriptedServer) -> None:
    await say(setup, ScriptedServer("attic:8188"))
    assert {each.name for each in await fleet(setup, server).known()} == {"attic:8188", server.name}


async def test_the_server_of_a_dead_process_is_away_but_what_it_said_counts(setup: JobSetup) -> None:
    job = await setup.admit()
    await say(setup, ScriptedServer("attic:8188"))
    positions = QueuePositions(setup.store, WORKFLOWS, fleet(setup))
    assert (await positions.position(job)).reason is None
    setup.clock.pass_seconds(60)
    (known,) = await fleet(setup).known()
    assert (known.live, known.unavailable) == (False, UnavailableReason.UNREACHABLE)
    assert known.offer
    position = await positions.position(job)
    assert position.reason is WaitReason.UNREACHABLE
    assert position.away_since


async def test_where_all_drain_people_read_that_no_server_takes_jobs(setup: JobSetup) -> None:
    job, server = await setup.admit(), ScriptedServer("attic:8188")
    await say(setup, server)
    await setup.store.drain("attic", draining=True)
    positions = QueuePositions(setup.store, WORKFLOWS, fleet(setup))
    assert (await positions.position(job)).reason is WaitReason.DRAINED
    await say(setup, server, make_record("attic again", servers=("attic:8188",)))
    assert (await positions.position(job)).reason is None, "another process drives it, too"
    own = OwnServers(setup.store, WORKFLOWS, [server], is_draining=lambda: True)
    assert (await QueuePositions(setup.store, WORKFLOWS, own).position(job)).reason is WaitReason.DRAINED


async def test_a_reason_of_a_later_version_is_an_absence(setup: JobSetup) -> None:
    await say(setup, ScriptedServer("attic:8188"))
    await setup.store.record_server_state(
        ServerState(name="attic:8188", reachable=True, live=True, unavailable="on_strike", others=0)
    )
    (known,) = await fleet(setup).known()
    assert known.unavailable is UnavailableReason.UNREACHABLE
