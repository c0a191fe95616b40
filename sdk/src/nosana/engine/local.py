"""Runs operations as processes of this machine, each in a throw-away folder.

For trying things out, not for strangers: a process sees the machine's files and network.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from nosana.engine.runner import Emit, Launch, RunnerFailed, Say, Stream, resources_refuse

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LINE_LIMIT = 32_768
_PIPE_SECONDS = 2.0


class LocalRunner:
    """Keeps volumes and throw-away folders under `data`; containers' images are not used.

    `programs` is a folder with what this machine lacks and images have, such as a `python`.
    """

    def __init__(self, data: Path, programs: Path | None = None) -> None:
        self.data = data
        self.path = PATH if programs is None else f"{PATH}:{programs.absolute()}"

    async def start(self, launch: Launch, emit: Emit, say: Say) -> "LocalProcess":
        """Start the operation's command. Raises RunnerFailed when there is none, or it is not on this machine."""
        resources_refuse(launch)
        argv = [*(launch.entrypoint or ()), *launch.command]
        if not argv:
            raise RunnerFailed("There is no cmd, and without a container the image's own is not known: add a cmd.")
        jobs = self.data / "jobs" / launch.job
        jobs.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{launch.index}-", dir=jobs))
        place = _inside(folder, launch.work_dir or "/")
        place.mkdir(parents=True, exist_ok=True)
        for name, dest in launch.volumes.items():
            self._mount(launch.job, name, _inside(folder, dest))
        say(f"Running as a local process in a throw-away folder; the image {launch.image} is not used.")
        if launch.volumes:
            places = ", ".join(f"{dest} is $HOME/{dest.strip('/')}" for dest in launch.volumes.values())
            say(f"Without a container volumes lie in that folder: {places}.")
        if launch.gpu:
            say("A GPU was asked for; a local process is given whatever this machine has.")
        env = {"PATH": self.path, "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", **launch.env}
        spawning = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *argv,
                cwd=place,
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        )
        try:
            process = await asyncio.shield(spawning)
        except asyncio.CancelledError:  # asyncio itself would end the first process alone, not what that has begun
            await _end_unborn(spawning)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        except (OSError, ValueError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise RunnerFailed(f'"{argv[0][:200]}" cannot be run on this machine: {reason}.') from error
        note = jobs / f"{launch.index}.pid"
        note.write_text(str(process.pid))
        return LocalProcess(process, folder, emit, lambda: note.unlink(missing_ok=True))

    async def volume_create(self, job: str, name: str) -> str:
        """Make the folder that stands for the volume."""
        self._volume(job, name).mkdir(parents=True, exist_ok=True)
        return f"{job}-{name}"

    async def clean(self, job: str) -> None:
        """Remove the job's folders and volumes, and end processes left by a node that was killed."""
        jobs = self.data / "jobs" / job
        for note in jobs.glob("*.pid"):
            _end_left_over(note, job)
        shutil.rmtree(jobs, ignore_errors=True)
        for volume in (self.data / "volumes").glob(f"{job}-*"):
            shutil.rmtree(volume, ignore_errors=True)

    def _volume(self, job: str, name: str) -> Path:
        return self.data / "volumes" / f"{job}-{name.replace('/', '_')}"

    def _mount(self, job: str, name: str, place: Path) -> None:
        volume = self._volume(job, name)
        volume.mkdir(parents=True, exist_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            place.symlink_to(volume.resolve(), target_is_directory=True)


class LocalProcess:
    """A process group; its two streams are read line by line."""

    address = "127.0.0.1"

    def __init__(
        self, process: asyncio.subprocess.Process, folder: Path, emit: Emit, ended: Callable[[], None]
    ) -> None:
        self.provider_id = str(process.pid)
        self._process, self._folder, self._ended = process, folder, ended
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            asyncio.create_task(_read_lines(process.stdout, "stdout", emit)),
            asyncio.create_task(_read_lines(process.stderr, "stderr", emit)),
        ]

    async def wait(self) -> int:
        """Return the exit code, 128 + signal when a signal ended it; what it left running is killed."""
        code = await self._process.wait()
        self._signal(signal.SIGKILL)
        await asyncio.wait(self._readers, timeout=_PIPE_SECONDS)
        for reader in self._readers:
            reader.cancel()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._ended()
        return code if code >= 0 else 128 - code

    async def stop(self, grace_seconds: float) -> None:
        """Send SIGTERM to the group, then SIGKILL."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._process.wait(), grace_seconds)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


async def _read_lines(stream: asyncio.StreamReader, name: Stream, emit: Emit) -> None:
    waiting = b""
    while piece := await stream.read(65_536):
        *lines, waiting = (waiting + piece).split(b"\n")
        for line in lines:
            emit(name, text_of(line))
        while len(waiting) > LINE_LIMIT:
            emit(name, text_of(waiting[:LINE_LIMIT]))
            waiting = waiting[LINE_LIMIT:]
    if waiting:
        emit(name, text_of(waiting))


def text_of(line: bytes) -> str:
    """Return a line as text any store can hold: UTF-8, no NUL, no line end, cut at 32,768 bytes."""
    return line[:LINE_LIMIT].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}").rstrip("\r\n")


async def _end_unborn(spawning: "asyncio.Future[asyncio.subprocess.Process]") -> None:
    """End the whole group of a process whose start nobody waits for any more."""
    with contextlib.suppress(OSError, ValueError):
        process = await spawning
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _inside(folder: Path, place: str) -> Path:
    """Return where an absolute path of the container lies in the folder; never outside it."""
    parts = [part for part in Path(place).parts if part not in ("/", "..", ".")]
    return folder.joinpath(*parts)


def _end_left_over(note: Path, job: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        pid = int(note.read_text())
        if f"NOSANA_ID={job}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes():
            os.killpg(pid, signal.SIGKILL)
