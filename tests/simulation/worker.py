"""`python -m tests.simulation.worker`: plays a range of seeds against one database and reports line by line."""

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django
import psycopg
from django.conf import settings

django.setup()

from django.core import mail  # noqa: E402
from django.db import connection  # noqa: E402

from apps.billing.services import vat_checks  # noqa: E402
from apps.core import ids, queue  # noqa: E402
from apps.core import tasks as _every_task  # noqa: E402, F401 - registers them, as a worker does
from tests.simulation import mutations, steps  # noqa: E402
from tests.simulation.operations.vat import vies_answer  # noqa: E402
from tests.simulation.rogue import Crime, crimes_plan, let_loose  # noqa: E402
from tests.simulation.runner import Outcome, Run  # noqa: E402
from tests.simulation.scheduler import Scheduler  # noqa: E402
from tests.simulation.world import Place, places_make  # noqa: E402

ROGUE_EVERY = 25


class LostBroker:
    """A broker that loses every message: what is promised must be done all the same."""

    def send_task(self, *args: object, **kwargs: object) -> None:
        """Lose it."""


def dsn() -> str:
    """Return the address of Django's database, for connections beside Django's."""
    params = connection.get_connection_params()
    known = {name: params.get(name, "") for name in ("host", "port", "user", "password", "dbname")}
    return psycopg.conninfo.make_conninfo("", **known)


@contextmanager
def own_world(*, actors: int, free: bool) -> Iterator[tuple[Scheduler, psycopg.Connection, list[Place]]]:
    """Replace clock, chance, broker and mail box by a world's own, and start the actors."""
    time_module, os_module, broker, vies = ids.time, ids.os, queue.current_app, vat_checks.vies_ask
    queue.current_app, vat_checks.vies_ask = LostBroker(), vies_answer
    mail.outbox = []
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    scheduler, monitor = Scheduler(actors=actors, dsn=dsn(), free=free), psycopg.connect(dsn(), autocommit=True)
    try:
        steps.prepare(monitor)
        yield scheduler, monitor, places_make()
    finally:
        scheduler.stop()
        monitor.close()
        ids.time, ids.os, queue.current_app, vat_checks.vies_ask = time_module, os_module, broker, vies


def seeds_play(
    seeds: range, operations: int, *, crimes: list[Crime], free: bool = False, rogues: bool = False
) -> Iterator[Outcome]:
    """Play each seed and yield what became of it; the first violation ends that seed."""
    with own_world(actors=4, free=free) as (scheduler, monitor, places):
        for seed in seeds:
            mail.outbox.clear()
            outcome = Run(seed=seed, places=places, scheduler=scheduler, monitor=monitor).play(operations)
            if not outcome.violations and (rogues or seed % ROGUE_EVERY == 0):
                outcome.violations += let_loose(monitor, crimes)
            yield outcome


def main() -> None:
    """Play and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--seeds", type=int, required=True)
    parser.add_argument("--ops", type=int, required=True)
    parser.add_argument("--mutate", default="")
    parser.add_argument("--threads", action="store_true")
    parser.add_argument("--trace", action="store_true", help="tell each act and how it ended")
    parser.add_argument("--list-mutations", action="store_true")
    options = parser.parse_args()
    with psycopg.connect(dsn(), autocommit=True) as monitor:
        crimes = crimes_plan(monitor)  # planned against what should be there, before anything is taken away
        if options.list_mutations:
            print(json.dumps({"mutations": mutations.names(crimes)}))
            return
        if options.mutate:
            mutations.apply(options.mutate, monitor)
    gc.freeze()  # what is there by now stays
    gc.set_threshold(50_000, 20, 20)
    started = time.monotonic()
    seeds = range(options.first, options.first + options.seeds)
    guard = bool(options.mutate) and not options.mutate.startswith("lock:")  # no rogue tells that a lock is gone
    crimes = [] if options.mutate and not guard else crimes
    for outcome in seeds_play(seeds, options.ops, crimes=crimes, free=options.threads, rogues=guard):
        told = {
            "seed": outcome.seed,
            "operations": outcome.operations,
            "acts": outcome.acts,
            "crashes": outcome.crashes,
            "refusals": outcome.refusals,
            "repeats": outcome.repeats,
            "violations": outcome.violations[:5],
            "seconds": round(time.monotonic() - started, 1),
        }
        print(json.dumps(told | ({"trace": outcome.trace} if options.trace else {})), flush=True)
        if options.mutate and outcome.violations:
            sys.exit(0)


if __name__ == "__main__":
    main()
