"""A part that is ended on purpose is no fall, may be started again, and falls as any other afterwards."""

import asyncio
import sys
from pathlib import Path

import pytest

from sandbox.supervisor import Part, PartFailed, Supervisor

STAYS = "print('ready here', flush=True); import time; time.sleep(60)"
FALLS = "print('ready here', flush=True)"


def test_what_is_ended_on_purpose_is_no_fall_and_starts_again(tmp_path: Path) -> None:
    async def play() -> None:
        supervisor = Supervisor(tmp_path, show=False)
        try:
            await supervisor.start_all(Part("one", [sys.executable, "-c", STAYS]))
            await supervisor.end("one")
            assert await supervisor.start_all(Part("one", [sys.executable, "-c", FALLS])) == ["here"]
            with pytest.raises(PartFailed, match="one ended by itself"):
                await asyncio.wait_for(supervisor.watched(asyncio.ensure_future(asyncio.sleep(60))), 30)
        finally:
            await supervisor.stop()

    asyncio.run(play())
