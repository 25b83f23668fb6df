"""/animate: a picture and options become a job; its autocomplete."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path

from cogs.i18n.catalogue import translate
from playground.comfyui import ComfyUI
from playground.discord.model import Upload
from tests.playground.small_bot import picture
from tests.unit.cogs.bot_setup import BotSetup, running_application
from tests.unit.comfy.workflows.published import manifest, template


async def test_a_picture_and_a_prompt_become_a_job_with_a_status(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    options = {"seconds": 2, "aspect": "square", "seed": 7, "steps": 9, "preset": "fast"}
    status = await (await ada.animate(picture(), "the cat moves", **options)).answered()
    job = await bot.job_of(status)
    assert await bot.context.files.read_picture(job.picture)
    assert (job.params.prompt, job.params.seed, job.params.steps) == ("the cat moves", 7, 9)
    assert (job.params.frames, job.params.preset) == (33, "fast")
    assert job.params.width == job.params.height
    again = await (await ada.animate(picture(), f"#{job.short}")).answered()
    assert (await bot.job_of(again)).params.prompt == "the cat moves"


async def test_what_is_no_picture_or_not_offered_is_refused(bot: BotSetup) -> None:
    ada = bot.playground.member("ada")
    text = Upload(filename="a.txt", data=b"words", content_type="text/plain")
    refused = await ada.command("animate", image=text, prompt="x")
    assert await refused.refused() == translate("en-US", "refused_not_a_picture")
    assert "`cinema`" in await (await ada.animate(picture(), "x", preset="cinema")).refused()
    assert await bot.context.store.unfinished_of(ada.id) == []


async def test_the_options_offer_what_the_person_used_and_what_servers_offer(bot: BotSetup) -> None:
    ada, grace = bot.playground.member("ada"), bot.playground.member("grace")
    await bot.unposted(ada, "a", prompt="the cat", seed=5)
    image = Upload(filename="cat.png", data=picture())

    async def offered(option: str, typed: str, **others: object) -> list[object]:
        choices = await ada.autocomplete("animate", option, typed, image=image, **others)
        return [value for _, value in choices]

    assert await offered("prompt", "CAT") == ["the cat"]
    assert [value for _, value in await grace.autocomplete("animate", "prompt", "cat", image=image)] == []
    assert await offered("seed", "5") == [5]
    assert await offered("preset", "fa") == ["fast"]
    assert await offered("preset", "", model="no such model") == []
    assert await offered("model", "wan") == ["wan21_i2v", "wan22_14b", "wan22_5b"]
    assert await offered("choices", "") == []


LTX, SVD, FIRST_LAST = "video_ltx2_3_i2v", "ex_workflow_image_to_video", "video_wan2_2_14B_flf2v"


async def test_the_options_offer_what_the_chosen_model_has(owner_bot: BotSetup) -> None:
    ada = owner_bot.playground.member("ada")
    image = Upload(filename="cat.png", data=picture())

    async def offered(option: str, typed: str = "", **others: object) -> list[tuple[str, object]]:
        return await ada.autocomplete("animate", option, typed, image=image, **others)

    assert ("5 s (default)", 5.0) in await offered("seconds")
    assert await offered("seconds", "3") == [("3 s", 3.0)]
    [(name, length)] = await offered("seconds", model=SVD)
    assert name.startswith("Stable Video Diffusion: always ")
    assert await offered("steps", model="wan21_i2v", preset="quality") == [("28 (default)", 28)]
    assert [name for name, _ in await offered("steps", model=LTX)] == ["LTX 2.3: no steps"]
    assert ("LTX 2.3 · with sound", LTX) in await offered("model")
    assert ("Wan 2.2 first-last", FIRST_LAST) in await offered("model", "first-last")
    assert [value for _, value in await offered("model", loop=True)] == [FIRST_LAST, "minimax_h3"]
    status = await (await ada.animate(picture(), "x", model=SVD, seconds=length)).answered()
    assert (await owner_bot.job_of(status)).params.workflow == SVD


async def test_what_the_model_does_not_have_is_refused_by_its_title(owner_bot: BotSetup) -> None:
    ada, image = owner_bot.playground.member("ada"), picture()
    for option in ({"steps": 9}, {"cfg": 2.0}, {"shift": 3.0}, {"loop": True}):
        [name] = option
        refused = await (await ada.animate(image, "x", model=LTX, **option)).refused()
        assert refused == translate("en-US", "refused_unused", name=name, model="LTX 2.3")
    assert await owner_bot.context.store.unfinished_of(ada.id) == []


async def test_a_clip_ends_on_a_given_picture_or_on_its_first(owner_bot: BotSetup) -> None:
    ada = owner_bot.playground.member("ada")
    end = Upload(filename="SPOILER_end.png", data=picture())
    job = await owner_bot.job_of(await (await ada.animate(picture(), "it moves", end=end)).answered())
    assert (job.params.workflow, job.params.spoiler) == (FIRST_LAST, True)
    assert job.last_picture
    looped = await (await ada.animate(picture(), "it moves", loop=True)).answered()
    loop = await owner_bot.job_of(looped)
    assert (loop.params.workflow, loop.last_picture) == (FIRST_LAST, loop.picture)
    both = await (await ada.animate(picture(), "it moves", loop=True, end=end)).refused()
    assert both == translate("en-US", "refused_loop_and_end")


async def test_words_that_do_not_count_are_not_kept_and_it_is_said(owner_bot: BotSetup) -> None:
    ada = owner_bot.playground.member("ada")
    asked = await ada.animate(picture(), "the cat waves", model=SVD)
    job = await owner_bot.job_of(await asked.answered())
    assert job.params.prompt == ""
    await asked.shows(translate("en-US", "advice_no_words", model="Stable Video Diffusion"))


async def test_steps_that_nobody_chooses_are_counted_in_the_graph(owner_bot: BotSetup) -> None:
    ada = owner_bot.playground.member("ada")
    job = await owner_bot.job_of(await (await ada.animate(picture(), "it moves", model=LTX)).answered())
    assert job.params.steps is None
    assert (job.params.ticks or 0) > 1


LORAS = ("wan22/smoke_high_noise.safetensors", "wan22/smoke_low_noise.safetensors", "wan22/zoom.safetensors")


@contextlib.asynccontextmanager
async def bot_with_loras(folder: Path) -> AsyncGenerator[tuple[BotSetup, ComfyUI]]:
    """Wan 2.2 14B with the owner's LoRAs, on a server that lists them as Windows does."""
    (folder / "workflows").mkdir()
    name = "video_wan2_2_14B_i2v"
    (folder / "workflows" / f"{name}.json").write_text(template(name), "utf-8")
    (folder / "workflows" / f"{name}.toml").write_text(
        f'loras = "wan22/*"\nsize = {{ area = 16384, multiple = 16 }}\n{manifest(name)}', "utf-8"
    )
    async with ComfyUI(speed=500, graphs=[json.loads(template(name))], backslashes=True) as comfyui:
        for file in LORAS:
            comfyui.add_file("loras", file)
        running = running_application(
            folder / "data", comfyui_url=(comfyui.url,), workflows_dir=folder / "workflows"
        )
        async with running as bot:
            yield bot, comfyui


async def test_loras_are_offered_and_run(tmp_path: Path) -> None:
    async with bot_with_loras(tmp_path) as (bot, comfyui):
        ada, model = bot.playground.member("ada"), "video_wan2_2_14B_i2v"
        image = Upload(filename="cat.png", data=picture())

        await asyncio.wait_for(bot.context.servers[0].ready(), 10)

        async def offered(option: str, typed: str, **others: object) -> list[object]:
            found = await ada.autocomplete("animate", option, typed, image=image, model=model, **others)
            return [value for _, value in found]

        assert await offered("lora", "") == ["smoke", "zoom"]
        assert await offered("lora2", "", lora="smoke:0.8") == ["zoom"]
        asked = await ada.animate(picture(), "x", model=model, seconds=1, lora="Smoke:0.8", lora2="zoom")
        clip = await asked.video()
        assert " · LoRA smoke 0.8 + zoom 1 · " in clip.content
        for run in comfyui.runs:
            sent = [node["inputs"] for name, node in run.graph.items() if name.startswith("animate_lora")]
            assert [(each["lora_name"], each["strength_model"]) for each in sent] == [
                ("wan22\\smoke_high_noise.safetensors", 0.8),
                ("wan22\\zoom.safetensors", 1.0),
                ("wan22\\smoke_low_noise.safetensors", 0.8),
                ("wan22\\zoom.safetensors", 1.0),
            ]
        refused = await (await ada.animate(picture(), "x", model=model, lora="snow")).refused()
        assert "no LoRA `snow`" in refused
        assert "There is: smoke, zoom." in refused
