"""A migrated PostgreSQL for tests, made once for each state of the migrations and copied from then on.

Migrating takes longer than most files of tests; a copy of the server's folder takes a moment. The kept folder
carries a hash of all migrations and packages in its name, so that a changed migration makes a new one.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg

from sandbox.services import Postgres

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var" / "clusters"
DATABASE = "migrated"


def state() -> str:
    """Return a hash of what a migrated database is made of."""
    told = hashlib.sha256()
    files = [*ROOT.glob("apps/*/migrations/**/*.py"), *ROOT.glob("apps/*/migrations/**/*.sql")]
    for file in (*sorted(files), *ROOT.glob("requirements*.txt"), *sorted(ROOT.glob("nosana_web/settings/*.py"))):
        told.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return told.hexdigest()[:16]


def migrated() -> Path:
    """Return the folder of a migrated server that is not running, and make it where there is none."""
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = KEPT / state()
    with (KEPT / "lock").open("w") as lock:  # several processes of tests start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in KEPT.iterdir():
                shutil.rmtree(old) if old.is_dir() else None
            making = KEPT / "making"
            server = Postgres(making, fast=True)
            server.start()
            try:
                env = os.environ | {"DATABASE_URL": server.database_ensure(DATABASE)}
                command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"]
                subprocess.run(command, check=True, cwd=ROOT, env=env)
            finally:
                server.stop()
            making.rename(kept)
    return kept


def server_start(data: Path, *, database: str) -> Postgres:
    """Start a server over a copy in `data`, whose database of that name is migrated."""
    shutil.copytree(migrated(), data, dirs_exist_ok=True)
    server = Postgres(data, fast=True)
    server.start()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{DATABASE}" RENAME TO "{database}"')
    return server
