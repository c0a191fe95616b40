"""Starts parts of the sandbox for a test, as the supervisor does, and ends them."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Started:
    """One process: its `url`, and `lines` it said before it was ready."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        self.lines: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("ready "):
                self.url = line.split()[1]
                return
        raise AssertionError(f"{command[0]} did not get ready:\n" + "\n".join(self.lines))

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 60) -> int:
        """Stop it and return its exit code; `lines` then has all it said."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=seconds)
        self.lines += said.splitlines()
        return self.process.returncode


@contextlib.contextmanager
def started(*command: str) -> Iterator[Started]:
    """Run `python -m …` for the block and end it after."""
    part = Started(*command)
    try:
        yield part
    finally:
        if part.process.poll() is None:
            part.process.terminate()
            try:
                part.process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                part.process.kill()
                part.process.communicate()


def gone(pid: int) -> bool:
    """Wait up to ten seconds for the process to end; one that nobody has collected yet has ended too."""
    for _ in range(200):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False
