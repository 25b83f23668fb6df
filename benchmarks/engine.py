"""The playground's ComfyUI in a process of its own, so that client and engine need not share a core."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from playground.comfyui import ComfyUI


@asynccontextmanager
async def engine(speed: float) -> AsyncGenerator[str]:
    """Run it as a child; yields its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.engine",
        str(speed),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()  # the child reads it to its end, and then ends as well
        await process.wait()


async def main(speed: float) -> None:
    """Serve until nobody holds the other end of our stdin."""
    async with ComfyUI(speed=speed) as comfyui:
        print(comfyui.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
