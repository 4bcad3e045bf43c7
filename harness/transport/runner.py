"""An event loop on a thread of its own, so that a phone is answered at all times.

Between test cases, at a prompt and in a debugger the network side goes on playing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_START_SECONDS = 10.0


class LoopThread:
    """Runs coroutines for callers on other threads; each call has a deadline."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._end_tasks())

    async def _end_tasks(self) -> None:
        """Let what is under way end: a connection just being accepted, say."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(3):  # lets closing transports call connection_lost
            await asyncio.sleep(0)

    def call(self, work: Coroutine[Any, Any, _T], seconds: float = _START_SECONDS) -> _T:
        """Run `work` on the loop and answer its result; raises what it raises, or TimeoutError."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def soon(self, work: Callable[[], object]) -> None:
        """Call `work` on the loop's thread."""
        self._loop.call_soon_threadsafe(work)

    @property
    def is_stopped(self) -> bool:
        return self._loop.is_closed()

    def stop(self) -> None:
        """End the loop and its thread."""
        if self.is_stopped:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_SECONDS)
        self._loop.close()
