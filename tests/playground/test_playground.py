"""The playground as a library: the road of a request with a bot on the real discord.py."""

import pytest

from playground.playground import Playground
from tests.playground.small_bot import CLIP, SmallBot, picture, running


@pytest.fixture
async def place():
    async with Playground(comfyui=None) as place:
        yield place


async def test_command_gives_edits_and_a_clip_and_a_reaction_gives_another(place: Playground):
    async with running(place, SmallBot()):
        ada = place.member("ada")
        job = await ada.animate(picture(), "the cat blinks", seconds=2)
        assert "2 s" in await job.says("sampling")
        clip = await job.video()
        assert (clip.data, clip.filename, clip.pinged) == (CLIP, "clip.mp4", ("ada",))
        await job.says("done")
        assert [said.text.split(" ")[0] for said in job.texts] == ["Queued:", "Sampling", "Done"]
        assert [said.at for said in job.texts] == sorted({said.at for said in job.texts})
        again = await ada.react(clip, "🔁")
        second = await again.video()
        assert second.message.id != clip.message.id
        assert "Again for ada" in again.texts[0].text
    assert place.discord.too_many == []
