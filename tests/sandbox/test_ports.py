"""A port is given to one process, until that one ends."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.stage import ROOT

ASK = "from sandbox.ports import free_port; print(free_port(int('{}')), flush=True); input()"


@contextmanager
def given(preferred: int = 0) -> Iterator[int]:
    """Let another process ask for a port, and live on while the test looks."""
    command = [sys.executable, "-c", ASK.format(preferred)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate("\n")


def test_two_that_start_at_once_get_different_ports_though_neither_listens_yet() -> None:
    with given() as first, given(first) as second:
        assert second != first
    with given(first) as third:
        assert third == first
