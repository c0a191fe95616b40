"""What a hold and a settlement cost under caps on four levels, whatever the organisation's history.

One organisation, the hardest case: all its holds wait for one wallet. PostgreSQL is durable (fsync on) and has its
guards. The past is rows as settlements leave them, all of this organisation, in the windows the caps count.
"""

import multiprocessing
import os
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection, connections, transaction

from benchmarks.figures import Figure
from benchmarks.platform import app, database

NAMES = [
    "holds.place",
    "holds.rate",
    "holds.growth_10k",
    "holds.growth",
    "settle.vs_naive",
    "settle.batch_vs_naive",
]
PAST = int(os.environ.get("BENCH_PAST_ROWS", "1000000"))
SAMPLES, ROUNDS, WORKERS, SECONDS, BATCH = 250, 3, 4, 3.0, 100
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CREDIT = 1_000_000

HISTORY = [
    """CREATE TEMP TABLE past AS SELECT i, uuidv7() AS id, 'past:' || i AS source,
        timestamptz '2026-11-01' + i * (interval '19 days' / %(upto)s) AS at
        FROM generate_series(%(done)s + 1, %(upto)s) AS i""",
    """INSERT INTO ledger_transfer (id, key, fingerprint, reason, details, at)
        SELECT 10000000 + i, 'hold:' || source || ':settle', md5(source) || md5(source), 'settlement', '{}', at
        FROM past""",
    """INSERT INTO ledger_entry (transfer_id, account_id, amount)
        SELECT 10000000 + i, account, amount FROM past,
        LATERAL (VALUES (%(held)s, -2000000), (%(spend)s, 1000000), (%(available)s, 1000000)) AS leg (account, amount)
    """,
    """INSERT INTO billing_hold (id, organisation_id, source, label, project_id, member_id, api_key_id, dimensions,
            network_micro, network_fee_micro, platform_fee_micro, amount_micro, counted_micro, state, reason, placed_at,
            ended_at)
        SELECT id, %(organisation)s, source, 'Train', %(project)s, %(member)s, %(key)s, '{"market": "a100"}', 2000000,
            0, 0, 2000000, 1000000, 'settled', '', at, at FROM past""",
    """INSERT INTO billing_holdlot (hold_id, lot_id, position, amount_micro, released_micro)
        SELECT id, %(lot)s, 0, 2000000, 1000000 FROM past""",
    """INSERT INTO billing_settlement (id, hold_id, transfer_id, network_micro, network_fee_micro, platform_fee_micro,
            loss_micro, cost_micro, released_micro, seconds, details, at)
        SELECT id, id, 10000000 + i, 1000000, 0, 0, 0, 1000000, 1000000, 60, '{}', at FROM past""",
    """INSERT INTO billing_usagerecord (id, organisation_id, source, starts_at, ends_at, seconds, amount_micro, label,
            project_id, member_id, api_key_id, dimensions, settlement_id, settled_at)
        SELECT id, %(organisation)s, source, at - interval '60 seconds', at, 60, 1000000, 'Train', %(project)s,
            %(member)s, %(key)s, '{"market": "a100"}', id, at FROM past""",
    "DROP TABLE past",
]


class Spender:
    """One organisation with a project, a member and a key, each capped for months, and plenty of credits."""

    def __init__(self) -> None:
        user = app("users.models").User.objects.create_user("bench@example.org")
        actor = app("organisations.services").Actor.person(user)
        made = app("organisations.services").organisation_create(user=user, name="Bench", actor=actor, now=NOW)
        self.organisation, self.actor, self.user = made, actor, user
        self.project = made.projects.get()
        keys = app("organisations.models").ApiKey.objects
        self.key = keys.create(organisation=made, name="ci", prefix="nos_bench", digest="x", created_at=NOW)
        lots = app("billing.models").Lot
        app("billing.services").lot_grant(
            organisation_id=made.id,
            kind=lots.Kind.PROMOTIONAL,
            micro=10**15,
            key="bench",
            now=NOW,
            expires_at=None,
        )
        self.lot = lots.objects.get(granted_micro=10**15)
        self.done = 0

    def subjects(self) -> dict[str, str]:
        """Return the four levels with their ids."""
        return {
            "organisation": "",
            "project": str(self.project.pk),
            "member": str(self.user.pk),
            "key": str(self.key.pk),
        }

    def caps_set(self) -> None:
        """Cap every level for months; the caps count what their window holds already."""
        membership = self.organisation.memberships.select_related("organisation").get()
        for level, subject in self.subjects().items():
            app("billing.services").cap_set(
                membership=membership,
                actor=self.actor,
                level=level,
                subject_id=subject,
                period="month",
                limit_micro=10**15,
                now=NOW,
            )

    def caps_drop(self) -> None:
        """Remove all caps with their counters."""
        app("billing.models").Cap.objects.all().delete()

    def past_make(self, upto: int) -> None:
        """Bring the past up to so many settled jobs, written in bulk; then let the server rest."""
        account = app("ledger.models").Account.objects
        chart = app("billing.chart")
        facts = {
            "done": self.done,
            "upto": upto,
            "organisation": self.organisation.id,
            "project": self.project.id,
            "member": self.user.id,
            "key": self.key.id,
            "lot": self.lot.id,
            "held": account.get(code=chart.held(self.organisation.id)).id,
            "available": account.get(code=chart.available(self.organisation.id)).id,
            "spend": account.get(code=chart.NETWORK_SPEND).id,
        }
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for statement in HISTORY if upto > self.done else ():
                cursor.execute(statement, facts)
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        self.done = upto

    def place(self) -> str:
        """Place one hold and return its source."""
        source = f"job:{uuid.uuid4()}:1"
        app("billing.services").hold_place(
            organisation_id=self.organisation.id,
            source=source,
            network_micro=CREDIT,
            network_fee_micro=0,
            platform_fee_micro=50_000,
            label="Train",
            project_id=self.project.id,
            member_id=self.user.id,
            api_key_id=self.key.id,
            dimensions={"market": "a100"},
            now=NOW,
        )
        return source


def figures(only: str) -> Iterator[Figure]:
    """Place and settle with no past, with 10,000 rows and with a million. Raises CapReached if a cap miscounts."""
    holds = any(only in name for name in NAMES[:4])
    settles = any(only in name for name in NAMES[4:])
    with database():
        spender = Spender()
        if settles:
            spender.caps_set()
            yield from settle_figures(spender)
            spender.caps_drop()
        if holds:
            yield from hold_figures(spender)


def hold_figures(spender: Spender) -> Iterator[Figure]:
    """Measure placement at three lengths of the past."""
    capped: dict[int, float] = {}
    free = rate_free = rate_capped = 0.0
    for past in (0, min(10_000, PAST), PAST):
        spender.past_make(past)
        for _ in range(50):
            spender.place()  # warm up
        free, rate_free = p95(spender), rate(spender)
        spender.caps_set()
        capped[past], rate_capped = p95(spender), rate(spender)
        spender.caps_drop()
    few, none = capped[min(10_000, PAST)], capped[0]
    yield Figure("holds.place", capped[PAST], "ms", f"p95 without caps, {PAST:,} past rows too", free)
    yield Figure("holds.rate", rate_capped, "holds/s", f"{WORKERS} clients without caps", rate_free)
    yield Figure("holds.growth_10k", few, "ms", "p95 with no past rows", none)
    yield Figure("holds.growth", capped[PAST], "ms", f"p95 with no past rows; this is {PAST:,}", none)


def p95(spender: Spender) -> float:
    """Return the 95th percentile of one client's placements, in milliseconds: the best of some rounds."""
    return min(_p95(spender) for _ in range(ROUNDS))


def _p95(spender: Spender) -> float:
    taken = []
    for _ in range(SAMPLES):
        started = time.perf_counter()
        spender.place()
        taken.append((time.perf_counter() - started) * 1000)
    return sorted(taken)[int(SAMPLES * 0.95)]


def rate(spender: Spender) -> float:
    """Return how many holds a second some processes place at once for the one organisation. Raises RuntimeError."""
    connections.close_all()
    forking = multiprocessing.get_context("fork")
    barrier, results = forking.Barrier(WORKERS), forking.SimpleQueue()
    workers = [forking.Process(target=_work, args=(spender, barrier, results)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    rates = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    if not all(rates):
        raise RuntimeError("a placing process failed; its error is above")
    return float(sum(rates))


def _work(spender: Spender, barrier: Any, results: Any) -> None:
    done, found = 0, 0.0
    connection.ensure_connection()
    barrier.wait()
    started = time.monotonic()
    try:
        while (taken := time.monotonic() - started) < SECONDS:
            spender.place()
            done += 1
        found = done / taken
    finally:
        results.put(found)


def settle_figures(spender: Spender) -> Iterator[Figure]:
    """Measure settling by one client: one by one, in batches, and as one would write it at first."""
    services = app("billing.services")
    rounds: dict[str, list[float]] = {"naive": [], "single": [], "batch": []}
    for _ in range(ROUNDS):
        rounds["naive"].append(settled(spender, settle_naive, guards=False))
        rounds["single"].append(settled(spender, lambda source: services.hold_settle(**bill(source), now=NOW)))
        batches = [[spender.place() for _ in range(BATCH)] for _ in range(SAMPLES // BATCH)]
        started = time.perf_counter()
        for batch in batches:
            services.hold_settle_many([services.Bill(**bill(source)) for source in batch], now=NOW)
        rounds["batch"].append(len(batches) * BATCH / (time.perf_counter() - started))
    best = {way: max(found) for way, found in rounds.items()}
    said = "the same rows by the ORM, each locked, changed and saved, without guards"
    yield Figure("settle.vs_naive", best["single"], "settlements/s", said, best["naive"])
    yield Figure("settle.batch_vs_naive", best["batch"], "settlements/s", said, best["naive"])


def bill(source: str) -> dict[str, Any]:
    """Return what a job came to: half of its hold."""
    return {"source": source, "network_micro": CREDIT // 2, "seconds": 60}


def settled(spender: Spender, settle: Callable[[str], Any], *, guards: bool = True) -> float:
    """Return how many settlements a second the way makes.

    The books' guards let no transfer be written before its entries, as the ORM must, so its way does without them.
    """
    sources = [spender.place() for _ in range(SAMPLES)]
    with connection.cursor() as cursor:
        cursor.execute(f"SET session_replication_role = {'DEFAULT' if guards else 'replica'}")
        started = time.perf_counter()
        for source in sources:
            settle(source)
        taken = time.perf_counter() - started
        cursor.execute("SET session_replication_role = DEFAULT")
    return SAMPLES / taken


def settle_naive(source: str) -> None:
    """Settle as one would write it at first: the same facts and counters, object by object."""
    models, ledger, chart = app("billing.models"), app("ledger.models"), app("billing.chart")
    network, fee = CREDIT // 2, CREDIT // 40
    with transaction.atomic():
        hold = models.Hold.objects.select_for_update().get(source=source)
        accounts = ledger.Account.objects.select_for_update()
        available = accounts.get(code=chart.available(hold.organisation_id))
        held = accounts.get(code=chart.held(hold.organisation_id))
        back = hold.amount_micro - network - fee
        transfer = ledger.Transfer.objects.create(
            key=f"hold:{source}:settle", fingerprint=uuid.uuid4().hex * 2, reason="settlement", at=NOW
        )
        others = {code: ledger.Account.objects.get(code=code) for code in (chart.NETWORK_SPEND, chart.FEES)}
        for account, amount in (
            (held, -hold.amount_micro),
            (others[chart.NETWORK_SPEND], network),
            (others[chart.FEES], fee),
            (available, back),
        ):
            ledger.Entry.objects.create(transfer=transfer, account=account, amount=amount)
            if account.balance is not None:
                account.balance += amount
                account.save()
        share = hold.lots.select_related("lot").get()
        share.released_micro = back
        share.lot.remaining_micro += back
        share.save()
        share.lot.save()
        for window in models.CapWindow.objects.select_for_update().filter(starts_at__lte=NOW, ends_at__gt=NOW):
            window.used_micro -= back
            window.save()
        hold.state, hold.ended_at, hold.counted_micro = "settled", NOW, network + fee
        hold.save()
        _naive_records(hold, transfer, network=network, fee=fee)


def _naive_records(hold: Any, transfer: Any, *, network: int, fee: int) -> None:
    models = app("billing.models")
    settlement = models.Settlement.objects.create(
        hold=hold,
        transfer=transfer,
        network_micro=network,
        network_fee_micro=0,
        platform_fee_micro=fee,
        loss_micro=0,
        cost_micro=network + fee,
        released_micro=hold.amount_micro - network - fee,
        seconds=60,
        at=NOW,
    )
    models.UsageRecord.objects.create(
        organisation_id=hold.organisation_id,
        source=hold.source,
        starts_at=NOW,
        ends_at=NOW,
        seconds=60,
        amount_micro=network + fee,
        label=hold.label,
        project_id=hold.project_id,
        member_id=hold.member_id,
        api_key_id=hold.api_key_id,
        dimensions=hold.dimensions,
        settlement=settlement,
        settled_at=NOW,
    )
