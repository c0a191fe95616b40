"""The mutations: each takes one lock, unique key, check or trigger away; some seed must fail for each."""

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import psycopg
from django.db import connection
from django.db.models import QuerySet

from apps.billing.models import CreditNoteDue, InvoiceCounter, InvoiceDue, Lot, Voucher
from apps.billing.services import endings, expiry, holds, limits, moves, reversals, vat
from apps.core.models import Message
from apps.ledger.models import Account
from apps.ledger.services import accounts, digests, transfers
from tests.simulation.rogue import Crime


def _unlock_rows(model: type) -> Callable[[], None]:
    """Return a mutation that lets `select_for_update` lock nothing of a model."""

    def mutate() -> None:
        lock = QuerySet.select_for_update

        def pass_by(self: QuerySet[Any], *args: Any, **kwargs: Any) -> QuerySet[Any]:
            return self.all() if self.model is model else lock(self, *args, **kwargs)

        QuerySet.select_for_update = pass_by  # type: ignore[method-assign,assignment]

    return mutate


def _accounts_unlocked() -> None:
    accounts.LOCK = accounts.LOCK.replace("FOR NO KEY UPDATE", "")


def _wallets_unlocked(module: ModuleType) -> Callable[[], None]:
    """Return a mutation by which one kind of act looks at the wallets without locking them."""

    def look(codes: Iterable[str]) -> dict[str, Account]:
        return {account.code: account for account in Account.objects.filter(code__in=set(codes))}

    return lambda: setattr(module, "accounts_lock", look)


def _replacement_unlocked() -> None:
    vat.topup_lot = lambda topup_id: Lot.objects.get(topup_id=topup_id)


def _accounts_in_any_order() -> None:
    accounts.LOCK = accounts.LOCK.replace("ORDER BY code", "ORDER BY random()")


def _function_change(old: str, new: str) -> Callable[[], None]:
    def mutate() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef('ledger_post'::regproc)")
            (source,) = cursor.fetchone()
            if old not in source:
                raise LookupError(f"ledger_post has no “{old}” any more; mend the mutation.")
            cursor.execute(source.replace(old, new))

    return mutate


def _days_closed_at_once() -> None:
    digests.CLOSE_LOCK = "SELECT %s"


def _days_closed_among_writers() -> None:
    digests.WRITERS_LOCK = "SELECT 1"


LOCKS: dict[str, Callable[[], None]] = {
    "lock:accounts": _accounts_unlocked,
    "lock:accounts-order": _accounts_in_any_order,
    "lock:holds": _wallets_unlocked(holds),
    "lock:endings": _wallets_unlocked(endings),
    "lock:moves": _wallets_unlocked(moves),
    "lock:expiry": _wallets_unlocked(expiry),
    "lock:reversals": _wallets_unlocked(reversals),
    "lock:replacement": _replacement_unlocked,
    "lock:limits": _wallets_unlocked(limits),
    "lock:transfers": _wallets_unlocked(transfers),
    "lock:post": _function_change("FOR NO KEY UPDATE", ""),
    "lock:post-order": _function_change("ORDER BY code FOR NO KEY UPDATE", "ORDER BY random() FOR NO KEY UPDATE"),
    "lock:day-close": _days_closed_at_once,
    "lock:day-writers": _days_closed_among_writers,
    "lock:voucher": _unlock_rows(Voucher),
    "lock:invoice-due": _unlock_rows(InvoiceDue),
    "lock:credit-note-due": _unlock_rows(CreditNoteDue),
    "lock:invoice-counter": _unlock_rows(InvoiceCounter),
    "lock:message": _unlock_rows(Message),
}


def names(crimes: list[Crime]) -> list[str]:
    """Return every mutation there is: the locks, and each guard that the database has."""
    return [*LOCKS, *(crime.guard for crime in crimes)]


def apply(name: str, monitor: psycopg.Connection[Any]) -> None:
    """Take one guard away, in this process or its database. Raises LookupError for a name that is none."""
    kind, _, guard = name.partition(":")
    if name in LOCKS:
        LOCKS[name]()
        return
    if kind == "trigger":
        row = monitor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", [guard]
        ).fetchone()
        statement = f"DROP TRIGGER {guard} ON {{}}"
    elif kind in ("check", "unique"):
        row = monitor.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = %s", [guard]
        ).fetchone()
        statement = f"ALTER TABLE {{}} DROP CONSTRAINT {guard}" if row else f"DROP INDEX {guard}"
        row = row or monitor.execute("SELECT relname FROM pg_class WHERE relname = %s", [guard]).fetchone()
    else:
        row = None
    if row is None:
        raise LookupError(f"There is no mutation “{name}”; --mutations lists them.")
    monitor.execute(statement.format(row[0]))
