"""A picture that goes is overwritten on every server that may have it, whichever process drives it."""

from jobs.fleet.upload_erasure import UploadErasure
from jobs.uploads import Uploads, picture_name
from tests.unit.jobs.job_setup import JobSetup
from tests.unit.jobs.scripted_server import ScriptedServer
from tests.unit.jobs.worker_setup import make_record


def erasure(setup: JobSetup, *servers: ScriptedServer, alone: bool = False) -> UploadErasure:
    uploads = {each.name: Uploads(each, setup.files, setup.media) for each in servers}
    return UploadErasure(setup.store, uploads, alone=alone)


async def test_a_gateway_has_the_worker_erase_what_its_server_has(
    setup: JobSetup, server: ScriptedServer
) -> None:
    lease = await setup.lease(server=server.name)
    await setup.store.join_fleet(make_record("attic", servers=(server.name,)))
    await erasure(setup).erase(lease.job, lease.job.picture)
    worker = erasure(setup, server)
    server.disconnect()
    await worker.work_off()
    assert server.times("overwrite") == 0
    server.reconnect()
    await worker.work_off()
    await worker.work_off()
    assert server.calls == [("overwrite", picture_name(lease.job))]


async def test_nothing_is_written_onto_a_server_that_never_had_it(
    setup: JobSetup, server: ScriptedServer
) -> None:
    job = await setup.admit()
    await setup.store.join_fleet(make_record("attic", servers=(server.name,)))
    await erasure(setup).erase(job, job.picture)
    await erasure(setup, server).work_off()
    assert server.calls == []
    assert await setup.store.stale_uploads(server.name) == []


async def test_a_process_alone_writes_no_rows(setup: JobSetup, server: ScriptedServer) -> None:
    lease = await setup.lease(server=server.name)
    await setup.store.join_fleet(make_record("attic", servers=("attic:8188",)))
    await erasure(setup, server, alone=True).erase(lease.job, lease.job.picture)
    assert server.times("overwrite") == 1
    assert await setup.store.stale_uploads("attic:8188") == []
