"""Transfers a second by 16 workers on a durable PostgreSQL, guards on, beside plain ORM, hordak and pgbench."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure
from sandbox.services import Postgres
from sandbox.services.postgres import binaries

ROUNDS, SECONDS = 3, 3.0
# name: (place, our way, their way, what theirs is)
ROWS = {
    "ledger.hot.batch_vs_naive": ("hot", "batch", "naive", "both wallets locked, five ORM saves"),
    "ledger.hot.batch_vs_hordak": ("hot", "batch", "hordak", "django-hordak with an overdraft check"),
    "ledger.hot.single_vs_naive": ("hot", "single", "naive", "both wallets locked, five ORM saves"),
    "ledger.spread.batch_vs_naive": ("spread", "batch", "naive", "both wallets locked, five ORM saves"),
    "ledger.spread.batch_vs_hordak": ("spread", "batch", "hordak", "django-hordak with an overdraft check"),
    "ledger.spread.single_vs_naive": ("spread", "single", "naive", "both wallets locked, five ORM saves"),
    "ledger.spread.batch_vs_pgbench": ("spread", "batch", "pgbench", "pgbench inserting the same rows, no guards"),
}
NAMES = list(ROWS)
PGBENCH = """\
BEGIN;
INSERT INTO bench_transfer (key, fingerprint, reason, details, at)
VALUES (gen_random_uuid() || '-settle', repeat('f', 64), 'settlement', '{}', now());
INSERT INTO bench_entry (transfer_id, account_id, amount)
VALUES (currval('bench_transfer_id_seq'), 1, -1), (currval('bench_transfer_id_seq'), 2, 1);
END;
"""
PGBENCH_TABLES = """
CREATE TABLE bench_transfer (id bigserial PRIMARY KEY, key varchar(200) UNIQUE, fingerprint varchar(64),
    reason varchar(60), details jsonb, at timestamptz);
CREATE TABLE bench_entry (id bigserial PRIMARY KEY, transfer_id bigint, account_id bigint, amount bigint);
CREATE INDEX ON bench_entry (account_id, id); CREATE INDEX ON bench_entry (transfer_id);
"""


def figures(only: str) -> Iterator[Figure]:
    """Measure each way that is asked for in turns, ROUNDS times, and yield medians in transfers a second."""
    wanted = {name: row for name, row in ROWS.items() if only in name}
    ways = {(place, way) for place, ours, theirs, _ in wanted.values() for way in (ours, theirs)}
    with books() as (postgres, env):
        rounds = [{turn: rate(*turn, postgres, env) for turn in sorted(ways)} for _ in range(ROUNDS)]
    rates = {turn: median(one[turn] for one in rounds) for turn in ways}
    for name, (place, ours, theirs, said) in wanted.items():
        yield Figure(name, rates[place, ours], "transfers/s", said, rates[place, theirs])


def rate(place: str, way: str, postgres: Postgres, env: dict[str, str]) -> float:
    """Return the transfers a second of one way. Raises CalledProcessError."""
    if way == "pgbench":
        return pgbench_rate(postgres)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rivals", way, place, str(SECONDS)],
        env=env, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return float(json.loads(done.stdout)["rate"])


def pgbench_rate(postgres: Postgres) -> float:
    """Return how many transfers a second pgbench inserts, one a transaction, with 16 clients."""
    script = postgres.data / "insert.sql"
    script.write_text(PGBENCH)
    command = [str(binaries() / "pgbench"), "--no-vacuum", "--client=16", "--jobs=2", f"--time={SECONDS:.0f}"]
    command += ["--protocol=prepared", f"--file={script}", postgres.url("postgres")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench said no rate: {done.stdout[-500:]}")
    return float(found.group(1))


@contextmanager
def books() -> Iterator[tuple[Postgres, dict[str, str]]]:
    """Run a durable PostgreSQL with the books of every way in it."""
    data = Path(tempfile.mkdtemp(prefix="nw-bench-"))
    postgres = Postgres(data)
    try:
        postgres.start()
        env = os.environ | {
            "DATABASE_URL": postgres.url("postgres"),
            "DJANGO_SETTINGS_MODULE": "benchmarks.rivals.settings",
        }
        quiet = {"env": env, "check": True, "stdout": subprocess.DEVNULL}
        migrate = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--run-syncdb", "--verbosity", "0"]
        subprocess.run(migrate, **quiet)  # type: ignore[call-overload]
        subprocess.run([sys.executable, "-m", "benchmarks.rivals", "seed"], **quiet)  # type: ignore[call-overload]
        psql = [str(binaries() / "psql"), "-q", postgres.url("postgres"), "-c", PGBENCH_TABLES]
        subprocess.run(psql, **quiet)  # type: ignore[call-overload]
        yield postgres, env
    finally:
        postgres.stop()
        shutil.rmtree(data, ignore_errors=True)
