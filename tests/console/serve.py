"""A real server on a database of its own, for whoever looks at pages or drives them with a browser."""

import atexit
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from sandbox.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def web(url: str, *, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the platform on the database; yield its address, under another name of this machine if one is given.

    Without a port or a name it is the one server of this process, which goes on until the process ends.
    """
    if not port and host == "127.0.0.1":
        yield _shared(url)
        return
    process, base = _start(url, port or free_port(), host)
    try:
        yield base
    finally:
        _end(process)


@cache
def _shared(url: str) -> str:
    process, base = _start(url, free_port(), "127.0.0.1")
    atexit.register(_end, process)
    return base


def _start(url: str, port: int, host: str) -> tuple["subprocess.Popen[bytes]", str]:
    """Start a server and return it and its address, once it answers."""
    base = f"http://{host}:{port}"
    env = {**os.environ, "DATABASE_URL": url, "NOSANA_BASE_URL": base, "PYTHONPATH": "sdk/src"}
    command = [sys.executable, "-m", "uvicorn", "nosana_web.asgi:application", "--port", str(port)]
    command += ["--lifespan", "off", "--timeout-graceful-shutdown", "1", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(base):
                return process, base
        except URLError:
            if process.poll() is not None or time.monotonic() > deadline:
                _end(process)
                raise RuntimeError("the web server did not start") from None
            time.sleep(0.1)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def chromium_path() -> str | None:
    """Return where Chromium is on this machine, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def launch_arguments() -> list[str]:
    """Return the switches that let Chromium run in a container and keep to itself."""
    switches = ["no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-quic", "no-first-run"]
    switches += ["disable-background-networking", "disable-component-update", "disable-sync"]
    return [f"--{switch}" for switch in switches]
