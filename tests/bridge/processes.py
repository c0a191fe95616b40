"""Workers as processes of their own, which die where they are told."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tests.bridge.network import ROOT

TOLD = (
    "CHAIN_RPC_URL",
    "CHAIN_GENESIS_HASH",
    "CHAIN_FEE_DIVISOR",
    "CHAIN_SEED_FILE",
    "CHAIN_TREASURY_FILE",
    "IPFS_API_URL",
    "IPFS_GATEWAY_URL",
    "MARKETS_FILE",
)


def process_env(settings: Any) -> dict[str, str]:
    """Return the environment of a process on the test's database, chain and IPFS."""
    database = connection.settings_dict
    socket = database["HOST"].replace("/", "%2F")
    place = f"{database['USER']}:{database['PASSWORD']}@{socket}:{database['PORT']}"
    env = os.environ | {name: str(getattr(settings, name)) for name in TOLD}
    return env | {
        "DATABASE_URL": f"postgres://{place}/{database['NAME']}",
        "DATABASE_CONN_MAX_AGE": "600",
        "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
        "PYTHONPATH": str(ROOT),
    }


class Workers:
    """A process that has loaded the platform and forks workers, so that each starts at once."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def work(self) -> None:
        """Start a worker that works until the end."""
        self._say("")

    def die(self, point: str) -> int:
        """Start a worker that is killed at the point, and return its exit code when it is dead."""
        self._say(point)
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def workers(settings: Any) -> Iterator[Workers]:
    """Yield the means to start workers; all end with it."""
    command = [sys.executable, "-m", "tests.bridge.worker"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, env=process_env(settings), cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1
    )
    try:
        yield Workers(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
