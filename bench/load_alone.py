"""The network side alone on its sockets: what `presence network` costs without judge and ladder.

python -m bench.load_alone PROFILE
"""

from __future__ import annotations

import asyncio
import gc
import sys

from harness.config import load_profile
from harness.live import until_interrupted
from harness.serving import start_network
from harness.transport.driver import Driver


async def play(profile_file: str) -> None:
    """Serve until interrupted; the address is printed as `presence network` prints it."""
    failures: list[BaseException] = []
    gc.set_threshold(10_000, 5, 1000)  # as `presence network` does
    driver = Driver(failures=failures.append)
    try:
        serving = await start_network(load_profile(profile_file), driver, soon=True)
        gc.freeze()
        for name, value in serving.facts():
            print(f"{name:<22}{value}", flush=True)
        await until_interrupted()
    finally:
        await driver.stop()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    asyncio.run(play(sys.argv[1]))
