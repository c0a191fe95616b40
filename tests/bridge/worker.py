"""`python -m tests.bridge.worker`: forks a worker for each line it reads; one that names a point dies there."""

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django

SERVICES = "apps.bridge.services"
OBSERVER, LEASE_SECONDS = "bridge_observe", 15
# What is wrapped, and whether the worker dies before or after it does something.
POINTS: dict[str, tuple[str, str, str]] = {
    "before the order is made": ("working", "orders_make_missing", "before"),
    "after the order is made": ("working", "orders_make_missing", "after"),
    "after the claim": ("pushing", "orders_claim", "after"),
    "after pinning and reading the market": ("listing", "_look", "after"),
    "signed, before it is stored": ("listing", "orders_store", "before"),
    "stored, before that is committed": ("listing", "orders_store", "after"),
    "stored, before it is sent": ("pushing", "orders_send", "before"),
    "sent, before that is stored": ("sending", "ask_chain", "after"),
    "sent, and stored": ("pushing", "orders_send", "after"),
    "before it is looked up": ("checking", "ask_chain", "before"),
    "confirmed, before it is applied": ("checking", "attempts_listed", "before"),
    "applied, before that is committed": ("checking", "attempts_listed", "after"),
    "final, before it is closed": ("checking", "orders_close", "before"),
    "closed": ("checking", "orders_close", "after"),
}
ENDS: dict[str, tuple[str, str, str]] = {
    "the end is stored, not sent": ("pushing", "orders_send", "before"),
    "the end is sent, not stored": ("sending", "ask_chain", "after"),
    "the end is confirmed, not applied": ("checking", "attempt_withdrawn", "before"),
    "the end is applied, its order not": ("checking", "attempt_withdrawn", "after"),
    "the end is final, the hold not released": ("checking", "attempt_refund", "before"),
    "the hold is released, the order open": ("checking", "attempt_refund", "after"),
}


def deadly(act: Callable[..., Any], when: str) -> Callable[..., Any]:
    """Return the act, which kills the process before or after it has something to do."""

    def run(*given: Any, **named: Any) -> Any:
        busy = bool(given[0]) if given else True
        if when == "before" and busy:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = act(*given, **named)
        if when == "after" and busy and answer != 0 and answer != []:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return run


def observing(services: Any, leases: Any, now: Callable[[], Any]) -> Callable[[], None]:
    """Return an act that looks at the chain if no other worker does, as the observer's lease has it."""
    lease: list[Any] = [None]

    def look() -> None:
        held = lease[0]
        if not held or not leases.lease_extend(OBSERVER, held, seconds=LEASE_SECONDS, now=now()):
            lease[0] = leases.lease_take(OBSERVER, seconds=LEASE_SECONDS, now=now())
        for act in (services.markets_sync, services.chain_observe) if lease[0] else ():
            try:
                act(now=now())
            except Exception as error:
                print("a look failed:", error, file=sys.stderr)

    return look


def work(point: str) -> None:
    """Work as long as nobody ends the process; one that names no point observes too, one of them at a time."""
    services = importlib.import_module(SERVICES)
    now = importlib.import_module("django.utils.timezone").now
    if point:
        module, name, when = (POINTS | ENDS)[point]
        place = importlib.import_module(f"{SERVICES}.{module}")
        setattr(place, name, deadly(getattr(place, name), when))
    look = observing(services, importlib.import_module("apps.core.leases"), now)
    while True:
        services.orders_work(now=now())
        if not point:
            look()
        time.sleep(0.02)


def main() -> None:
    """Fork a worker for each line; say how each died that was told to."""
    django.setup()
    importlib.import_module(SERVICES)
    working = []
    for line in sys.stdin:
        point = line.strip()
        child = os.fork()
        if not child:
            work(point)
        if point:
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        else:
            working.append(child)
    for child in working:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
