"""A real server on a database of its own, for whoever looks at pages or drives them with a browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def web(url: str, *, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the platform on the database; yield its address, under another name of this machine if one is given."""
    port = port or free_port()
    base = f"http://{host}:{port}"
    env = {**os.environ, "DATABASE_URL": url, "NOSANA_BASE_URL": base, "PYTHONPATH": "sdk/src"}
    command = [sys.executable, "-m", "uvicorn", "nosana_web.asgi:application", "--port", str(port)]
    command += ["--lifespan", "off", "--timeout-graceful-shutdown", "1", "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                with urlopen(base):
                    break
            except URLError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the web server did not start") from None
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait(10)


def chromium_path() -> str | None:
    """Return where Chromium is on this machine, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def launch_arguments() -> list[str]:
    """Return the switches that let Chromium run in a container and keep to itself."""
    switches = ["no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-quic", "no-first-run"]
    switches += ["disable-background-networking", "disable-component-update", "disable-sync"]
    return [f"--{switch}" for switch in switches]
