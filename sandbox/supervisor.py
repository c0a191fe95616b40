"""Starts the sandbox's processes in order, shows what they say, and leaves none behind."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import forks
from sandbox.services.process import die_with_parent

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


Process = asyncio.subprocess.Process | forks.Forked


class PartFailed(RuntimeError):
    """A process did not come up, or ended by itself; the message says which and shows its last lines."""


@dataclass(frozen=True)
class Part:
    """One process: its command, what it adds to the environment, and how one sees that it is ready."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str = r"^ready (?P<said>.*)"  # a line it prints
    seconds: float = 60


class Supervisor:
    """Runs parts; `logs` keeps what each says, `show` prints it too, with the part's name before each line."""

    def __init__(self, logs: Path, *, show: bool) -> None:
        self.logs = logs
        self.show = show
        self.waves: list[list[tuple[Part, Process]]] = []
        self.watchers: list[asyncio.Task[None]] = []
        self.fallen: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.stopping = False
        self.leaving: set[int] = set()  # processes that are ended on purpose
        logs.mkdir(parents=True, exist_ok=True)

    async def start_all(self, *parts: Part) -> list[str]:
        """Start parts that do not need each other, at once; return what each said when ready. Raises PartFailed."""
        wave: list[tuple[Part, Process]] = []
        self.waves.append(wave)
        return list(await asyncio.gather(*(self._start(part, wave) for part in parts)))

    async def _start(self, part: Part, wave: list[tuple[Part, Process]]) -> str:
        process = await self._process(part, merge=True)
        wave.append((part, process))
        said: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.watchers.append(asyncio.create_task(self._watch(part, process, said)))
        try:
            return await asyncio.wait_for(said, part.seconds)
        except TimeoutError:
            raise PartFailed(
                f"{part.name} was not ready after {part.seconds:.0f} s.\n{self.tail(part.name)}"
            ) from None

    async def _process(self, part: Part, *, merge: bool) -> Process:
        env = {**os.environ, **part.env, "PYTHONUNBUFFERED": "1"}
        if forks.forkable(part.command):
            return await forks.fork(part.command, env, merge=merge)
        return await asyncio.create_subprocess_exec(
            *part.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT if merge else asyncio.subprocess.PIPE,
            env=env,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )

    async def run(self, part: Part) -> str:
        """Run a command to its end and return what it printed. Raises PartFailed when it fails."""
        process = await self._process(part, merge=False)
        assert process.stdout is not None and process.stderr is not None  # noqa: PT018
        out, error = await asyncio.gather(process.stdout.read(), process.stderr.read())
        code = await process.wait()
        (self.logs / f"{part.name}.log").write_bytes(out + error)
        if code:
            raise PartFailed(f"{part.name} failed:\n{(out + error).decode(errors='replace')[-2000:]}")
        return str(out.decode()).strip()

    async def watched(self, act: asyncio.Future[Any]) -> None:
        """Wait for `act`. Raises PartFailed as soon as a part falls, and whatever the act raises."""
        either: list[asyncio.Future[Any]] = [act, self.fallen]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self.fallen.done():
            raise PartFailed(self.fallen.result())
        await act

    async def _watch(self, part: Part, process: Process, said: asyncio.Future[str]) -> None:
        assert process.stdout is not None
        colour = COLOURS[len(self.watchers) % len(COLOURS)]
        head = f"\x1b[{colour}m{part.name:>9}\x1b[0m " if sys.stdout.isatty() else f"{part.name:>9} "
        with (self.logs / f"{part.name}.log").open("ab") as log:
            while line := await self._line(process.stdout):
                log.write(line)
                log.flush()
                text = line.decode(errors="replace").rstrip()
                match = re.search(part.ready, text)
                if match and not said.done():
                    said.set_result(match.groupdict().get("said", ""))
                elif self.show and text:
                    print(head + text, flush=True)
        code = await process.wait()
        if not said.done():
            said.set_exception(
                PartFailed(f"{part.name} ended with code {code} before it was ready.\n{self.tail(part.name)}")
            )
        elif not self.stopping and process.pid not in self.leaving and not self.fallen.done():
            self.fallen.set_result(f"{part.name} ended by itself with code {code}.\n{self.tail(part.name)}")

    @staticmethod
    async def _line(stream: asyncio.StreamReader) -> bytes:
        try:
            return await stream.readline()
        except ValueError:  # a line longer than the buffer: its rest follows as lines of their own
            return await stream.read(65536)

    def tail(self, name: str, lines: int = 15) -> str:
        """Return the last lines the part said."""
        path = self.logs / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    async def end(self, *names: str) -> None:
        """End the parts of these names alone, as a stop would; they may be started again."""
        parts = [pair for wave in self.waves for pair in wave if pair[0].name in names]
        self.leaving |= {process.pid for _, process in parts}
        for wave in self.waves:
            wave[:] = [pair for pair in wave if pair[0].name not in names]
        await asyncio.gather(*(self._stop_one(part, process) for part, process in parts))

    async def stop(self) -> None:
        """End every part, those started last first; whoever does not end in time is killed with its group."""
        self.stopping = True
        while self.waves:
            await asyncio.gather(*(self._stop_one(part, process) for part, process in self.waves.pop()))
        await asyncio.gather(*self.watchers, return_exceptions=True)

    async def _stop_one(self, part: Part, process: Process) -> None:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                print(f"{part.name} did not stop in time and was killed", file=sys.stderr)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # whatever it left in its own group
