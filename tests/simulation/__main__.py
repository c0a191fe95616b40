"""`python -m tests.simulation --seeds N --ops M`: the money simulator.

Plays N small worlds of M acts each, on as many processes as there are cores, each with a database of its own on a
PostgreSQL that is thrown away. Prints every violation with the command that plays its seed again, and as its last
line {"operations", "seeds", "violations", "seconds"}; ends with 1 if there was a violation.

`--mutate NAME` takes one lock, key, check or trigger away and ends with 1 unless some seed fails; `--mutate lock` (or
unique, check, trigger) tries all of a kind, `--mutate all` every one; `--mutations` lists them. `--threads` lets the
acts of a world run truly at once.
"""

import argparse
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from sandbox.services import Postgres
from tests.cluster import server_start

TEMPLATE = "simulation_template"
MUTATION_SEEDS, MUTATION_OPS = 160, 500


class Machine:
    """A throw-away PostgreSQL, with a migrated template from which databases are copied."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres, self.lock, self.made = postgres, threading.Lock(), 0

    def env(self, database: str) -> dict[str, str]:
        """Return the environment of a process that works on the database."""
        return os.environ | {
            "DATABASE_URL": self.postgres.url(database),
            "DATABASE_CONN_MAX_AGE": "86400",
            "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
            "LOG_LEVEL": "CRITICAL",
            "PYTHONHASHSEED": "0",
        }

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend a fresh database."""
        with self.lock, psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
            self.made += 1
            name = f"simulation_{self.made}"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        try:
            yield name
        finally:
            with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def play(self, *arguments: str) -> Iterator[dict[str, Any]]:
        """Run a worker over a database of its own and yield what it tells. Raises RuntimeError if it breaks."""
        with self.database() as name:
            command = [sys.executable, "-W", "ignore", "-m", "tests.simulation.worker", *arguments]
            with subprocess.Popen(command, env=self.env(name), stdout=subprocess.PIPE, text=True) as worker:
                assert worker.stdout is not None
                yield from (json.loads(line) for line in worker.stdout)
            if worker.returncode:
                raise RuntimeError(f"a worker of the simulation broke: {' '.join(command)}")


@contextmanager
def machine() -> Iterator[Machine]:
    """Start PostgreSQL without care for the disk, and throw it away afterwards."""
    postgres = server_start(Path(tempfile.mkdtemp(prefix="nw-sim-")), database=TEMPLATE)
    try:
        yield Machine(postgres)
    finally:
        postgres.stop()
        shutil.rmtree(postgres.data, ignore_errors=True)


class Tally:
    """What the worlds came to so far, and how fast; told every ten seconds."""

    SUMS = ("operations", "acts", "crashes", "refusals", "repeats")

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.started, self.shown = options, time.monotonic(), time.monotonic()
        self.seeds = self.violations = 0
        self.sums = dict.fromkeys(self.SUMS, 0)

    def add(self, outcome: dict[str, Any]) -> None:
        """Count a world, and print its violations with the command that plays it again."""
        self.seeds += 1
        for name in self.SUMS:
            self.sums[name] += outcome[name]
        flags = " --threads" if self.options.threads else ""
        again = f"python -m tests.simulation --first {outcome['seed']} --seeds 1 --ops {self.options.ops}{flags}"
        for violation in outcome["violations"]:
            self.violations += 1
            print(f"seed {outcome['seed']}: {violation}\n  {again}", flush=True)
        if time.monotonic() - self.shown > 10:
            self.shown = time.monotonic()
            print(f"{self}, {self.sums['operations'] / (self.shown - self.started):.0f}/s", flush=True)

    def __str__(self) -> str:
        return f"{self.sums['operations']:,} operations in {self.seeds:,} worlds, {self.violations} violations"

    def end(self) -> None:
        """Print what it all came to, the last line as JSON."""
        if self.seeds < self.options.seeds:
            print(f"only {self.seeds} of {self.options.seeds} seeds were played: a worker broke")
            self.violations += 1
        print(self)
        print(
            "asked in {acts:,} acts, each followed by all checks; {repeats:,} were repeats, {refusals:,} were refused, "
            "{crashes:,} died on the way and were tried again".format(**self.sums)
        )
        told = {"operations": self.sums["operations"], "seeds": self.seeds, "violations": self.violations}
        print(json.dumps(told | {"seconds": round(time.monotonic() - self.started, 1)}))


def play_all(options: argparse.Namespace) -> int:
    """Play the seeds on all cores; return how many violations there were."""
    tally, told = Tally(options), queue.SimpleQueue[dict[str, Any] | None]()
    batches = queue.SimpleQueue[range]()
    size = max(1, min(50, options.seeds // (options.processes * 4) or 1))
    for first in range(options.first, options.first + options.seeds, size):
        batches.put(range(first, min(first + size, options.first + options.seeds)))
    flags = ["--threads"] if options.threads else []

    def work(one: Machine) -> None:
        try:
            while True:
                seeds = batches.get_nowait()
                for outcome in one.play(*arguments(seeds, options.ops), *flags):
                    told.put(outcome)
        except queue.Empty:
            pass
        finally:
            told.put(None)

    with machine() as one:
        workers = [threading.Thread(target=work, args=(one,)) for _ in range(options.processes)]
        for worker in workers:
            worker.start()
        working = len(workers)
        while working:
            outcome = told.get()
            if outcome is None:
                working -= 1
            else:
                tally.add(outcome)
        for worker in workers:
            worker.join()
    tally.end()
    return tally.violations


def arguments(seeds: range, operations: int) -> list[str]:
    """Return a worker's arguments for these seeds."""
    return ["--first", str(seeds.start), "--seeds", str(len(seeds)), "--ops", str(operations)]


def mutate_all(options: argparse.Namespace) -> int:
    """Try the mutations, one a process, and print a table of what caught them; return how many no seed caught."""
    started = time.monotonic()
    with machine() as one:
        (listed,) = one.play(*arguments(range(0), 0), "--list-mutations")
        wanted = [name for name in listed["mutations"] if options.mutate in ("all", name, name.split(":")[0])]
        waiting, missed, played = queue.SimpleQueue[str](), list[str](), list[int]()
        for name in wanted:
            waiting.put(name)
        print(f"{'taken away':<48} {'seed':>4} {'operations':>10}  what failed", flush=True)

        def work() -> None:
            while not waiting.empty():
                name = waiting.get()
                last, operations = mutated(one, name, options)
                played.append(operations)
                if last is None:
                    missed.append(name)
                    print(f"{name:<48} {'-':>4} {operations:>10,}  NOT CAUGHT", flush=True)
                else:
                    print(
                        f"{name:<48} {last['seed']:>4} {operations:>10,}  {last['violations'][0]}"[:160],
                        flush=True,
                    )

        workers = [threading.Thread(target=work) for _ in range(options.processes)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    print(f"{len(wanted) - len(missed)} of {len(wanted)} caught" + "".join(f"\nmissed: {name}" for name in missed))
    told = {"mutations": len(wanted), "missed": len(missed), "operations": sum(played)}
    print(json.dumps(told | {"seconds": round(time.monotonic() - started, 1)}))
    return len(missed)


def mutated(one: Machine, name: str, options: argparse.Namespace) -> tuple[dict[str, Any] | None, int]:
    """Play seeds without that guard until one fails; return its outcome, if any, and how many operations it took."""
    operations = 0
    seeds = range(options.first, options.first + MUTATION_SEEDS)
    for outcome in one.play(*arguments(seeds, MUTATION_OPS), "--mutate", name):
        operations += outcome["operations"]
        if outcome["violations"]:
            return outcome, operations
    return None, operations


def main() -> None:
    """Play, or mutate and play."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=40, help="how many worlds")
    parser.add_argument("--ops", type=int, default=250, help="how many acts in each")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--threads", action="store_true", help="let acts run truly at once; not reproducible")
    parser.add_argument(
        "--mutate",
        default="",
        metavar="NAME",
        help="take a guard away, or each of a kind in turn, or all",
    )
    parser.add_argument("--mutations", action="store_true", help="list the mutations")
    options = parser.parse_args()
    if options.mutations:
        with machine() as one:
            (listed,) = one.play(*arguments(range(0), 0), "--list-mutations")
        print("\n".join(listed["mutations"]))
        return
    sys.exit(1 if (mutate_all(options) if options.mutate else play_all(options)) else 0)


if __name__ == "__main__":
    main()
