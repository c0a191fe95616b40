"""The supervisor: ready means ready, a fallen part is named, and nothing stays behind."""

import asyncio
import sys
from pathlib import Path

import pytest

from sandbox.supervisor import Part, PartFailed, Supervisor
from tests.sandbox.processes import gone


def part(name: str, code: str, **options: float) -> Part:
    return Part(name, [sys.executable, "-c", code], **options)  # type: ignore[arg-type]


LIVES = "import time; print('ready http://x', flush=True); time.sleep(60)"


def test_a_part_is_ready_when_it_says_so(tmp_path: Path) -> None:
    async def story() -> str:
        supervisor = Supervisor(tmp_path, show=False)
        try:
            return (await supervisor.start_all(part("one", LIVES)))[0]
        finally:
            await supervisor.stop()

    assert asyncio.run(story()) == "http://x"


def test_a_part_that_ends_before_it_is_ready_is_named_with_its_last_words(tmp_path: Path) -> None:
    async def story() -> None:
        supervisor = Supervisor(tmp_path, show=False)
        await supervisor.start_all(part("one", "import sys; sys.exit('port taken')"))

    with pytest.raises(PartFailed, match="(?s)one ended with code 1.*port taken"):
        asyncio.run(story())


def test_a_part_that_is_never_ready_is_not_waited_for_forever(tmp_path: Path) -> None:
    async def story() -> None:
        supervisor = Supervisor(tmp_path, show=False)
        try:
            await supervisor.start_all(part("one", "import time; time.sleep(60)", seconds=0.3))
        finally:
            await supervisor.stop()

    with pytest.raises(PartFailed, match="one was not ready"):
        asyncio.run(story())


def test_a_part_that_falls_later_is_told(tmp_path: Path) -> None:
    async def story() -> str:
        supervisor = Supervisor(tmp_path, show=False)
        await supervisor.start_all(part("one", "print('ready', 1, flush=True); raise SystemExit(3)"))
        try:
            return await asyncio.wait_for(supervisor.fallen, 60)
        finally:
            await supervisor.stop()

    assert asyncio.run(story()).startswith("one ended by itself with code 3")


def test_a_stop_ends_parts_in_reverse_and_their_grandchildren_too(tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(9)']);"
        "print('ready', c.pid, flush=True); time.sleep(60)"
    )

    async def story() -> int:
        supervisor = Supervisor(tmp_path, show=False)
        await supervisor.start_all(part("one", LIVES))
        (child,) = await supervisor.start_all(part("two", parent))
        await supervisor.stop()
        assert supervisor.waves == []
        return int(child)

    assert gone(asyncio.run(story()))
