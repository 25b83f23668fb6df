"""The arguments of a job's messages."""

from cogs.messages.delivery_policy import DeliveryStep
from cogs.messages.targets import (
    MessageKind,
    build_nonce,
    job_of_nonce,
    mention_owner,
    open_channel,
    reply_arguments,
)
from tests.unit.cogs.bot_setup import BotSetup
from tests.unit.jobs.sample_jobs import JOB


def test_a_nonce_has_25_characters_and_leads_back_to_its_job() -> None:
    nonces = {build_nonce(JOB, kind) for kind in MessageKind}
    assert len(nonces) == len(MessageKind)
    for nonce in nonces:
        assert len(nonce) == 25
        assert JOB.id.startswith(job_of_nonce(nonce))
        assert len(job_of_nonce(nonce)) == 18


def test_only_the_owner_is_pinged() -> None:
    allowed = mention_owner(JOB).to_dict()
    assert allowed == {"parse": [], "users": [JOB.user_id]}


def test_a_reply_does_not_need_its_message() -> None:
    assert reply_arguments(JOB, None) == {}
    reference = reply_arguments(JOB, 5)["reference"]
    assert (reference.message_id, reference.channel_id, reference.fail_if_not_exists) == (5, 8, False)


async def test_a_channel_or_the_owners_direct_messages(opened: BotSetup) -> None:
    ada, client = opened.playground.member("ada"), opened.context.client
    job = await opened.queued(ada)
    assert getattr(await open_channel(client, job, []), "id", 0) == job.channel_id
    await (await open_channel(client, job, [DeliveryStep.BY_DM])).send("hello")
    assert [message.content for message in ada.inbox] == ["hello"]
