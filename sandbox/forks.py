"""Starts the sandbox's Python processes from one interpreter that has read the large packages already.

A dozen processes that each import Celery, Django, Stripe and solders take half a minute on two cores, and seconds
when they are forked after the import. The command, its arguments and its environment are those of a process started
on its own; only the time it takes differs.
"""

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.forkserver import _forkserver, ensure_running

from sandbox.services.process import die_with_parent

CONTEXT: ForkServerContext = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["sandbox.warm"])


def warm() -> None:
    """Let the fork server start to read the packages; returns at once."""
    ensure_running()


def forkable(command: Sequence[str]) -> bool:
    """Return whether the command is a Python module or script, which a fork can run."""
    return command[0] == sys.executable and (command[1] == "-m" or command[1].endswith(".py"))


def _run(command: list[str], env: dict[str, str], out: Connection, error: Connection | None) -> None:
    """Become the command: a session of its own, its output in the pipes, its arguments and environment."""
    os.setsid()
    # A child of the fork server may use it too, and so keeps it alive. These must not: the server has to end with
    # the supervisor, and they with the server, also after a kill -9.
    os.close(_forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    die_with_parent(signal.SIGTERM)()
    os.dup2(out.fileno(), 1)
    os.dup2((error or out).fileno(), 2)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for end in (out, error):
        if end is not None:
            end.close()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.clear()
    os.environ.update(env)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if command[1] == "-m":
        sys.argv = command[2:]
        runpy.run_module(command[2], run_name="__main__", alter_sys=True)
    else:
        sys.argv = command[1:]
        runpy.run_path(command[1], run_name="__main__")


class Forked:
    """A forked process, with what the supervisor uses of asyncio's own processes."""

    def __init__(
        self, process: ForkServerProcess, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader
    ) -> None:
        self.process = process
        self.stdout = stdout
        self.stderr = stderr

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self.process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal. Raises ProcessLookupError when the process is gone."""
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """Return the exit code when the process has ended."""
        while self.process.exitcode is None:
            await asyncio.sleep(0.02)
        return self.process.exitcode


async def fork(command: Sequence[str], env: Mapping[str, str], *, merge: bool = True) -> Forked:
    """Start a Python command in a fork; with `merge` its errors come on its output."""
    out, out_end = CONTEXT.Pipe(duplex=False)
    error, error_end = CONTEXT.Pipe(duplex=False)
    arguments = (list(command), dict(env), out_end, None if merge else error_end)
    process = CONTEXT.Process(target=_run, args=arguments)
    await asyncio.to_thread(process.start)
    for end in (out_end, error_end):
        end.close()
    return Forked(process, await _reader(out), await _reader(error))


async def _reader(end: Connection) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    pipe = os.fdopen(os.dup(end.fileno()), "rb", buffering=0)
    end.close()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader
