"""The playground as a library: one request from command to clip with a bot on the real discord.py."""

import pytest

from playground.playground import Playground
from tests.playground.small_bot import CLIP, SmallBot, picture, running


@pytest.fixture
async def playground():
    async with Playground(comfyui=None) as playground:
        yield playground


async def test_command_gives_edits_and_a_clip_and_a_reaction_gives_another(playground: Playground):
    async with running(playground, SmallBot()):
        ada = playground.member("ada")
        job = await ada.animate(picture(), "the cat blinks", seconds=2)
        assert "2 s" in await job.says("sampling")
        clip = await job.video()
        assert (clip.data, clip.filename, clip.pinged) == (CLIP, "clip.mp4", ("ada",))
        await job.says("done")
        assert [each.text.split(" ")[0] for each in job.texts] == ["Queued:", "Sampling", "Done"]
        assert [each.at for each in job.texts] == sorted({each.at for each in job.texts})
        again = await ada.react(clip, "🔁")
        second = await again.video()
        assert second.message.id != clip.message.id
        assert "Again for ada" in again.texts[0].text
    assert playground.discord.too_many == []
