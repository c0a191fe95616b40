"""A child process that is started, watched until it answers, and stopped without leaving anything behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what a child does before it starts, so that Linux ends it when its parent is killed."""

    def ask() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, number)

    return ask


class StartFailed(RuntimeError):
    """A part of the sandbox did not come up; the message names its log."""


class Child:
    """One process in a group of its own, its output in a log file."""

    def __init__(self, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
        self.command = list(command)
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=dict(env) if env is not None else None,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
            )

    def wait_ready(self, answers: Callable[[], bool], *, seconds: float = 60) -> None:
        """Return as soon as `answers()` is true. Raises StartFailed when the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if answers():
                    return
            time.sleep(0.03)
        self.stop(signal.SIGKILL)
        tail = self.log.read_text(errors="replace")[-1500:]
        raise StartFailed(f"{Path(self.command[0]).name} did not start; its log {self.log} ends with:\n{tail}")

    def stop(self, number: signal.Signals = signal.SIGINT, *, seconds: float = 15) -> None:
        """Ask the process to end, and end its whole group when it does not within `seconds`."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
