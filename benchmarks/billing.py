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
    "holds.pages_growth",
    "settle.vs_naive",
    "settle.batch_vs_naive",
]
PAST = int(os.environ.get("BENCH_PAST_ROWS", "1000000"))
SAMPLES, ROUNDS, TURNS, WORKERS, SECONDS, BATCH = 300, 5, 15, 4, 2.0, 100
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CREDIT = 1_000_000

HISTORY = [
    """CREATE TEMP TABLE past AS SELECT i, uuidv7() AS id, 'past:' || i AS source,
        timestamptz '2026-11-01' + i * (interval '19 days' / %(rows)s) AS at
        FROM generate_series(1, %(rows)s) AS i""",
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
        create = app("organisations.services").organisation_create
        self.stranger = create(user=user, name="Stranger", actor=actor, now=NOW)
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

    def caps_show(self, shown: bool) -> None:
        """Let the caps bind the organisation, or a stranger, so that both are measured in turns."""
        owner = self.organisation if shown else self.stranger
        app("billing.models").Cap.objects.update(organisation=owner)

    def past_make(self, rows: int) -> None:
        """Write so many settled jobs in bulk, as they would be after a past of that length."""
        account = app("ledger.models").Account.objects
        chart = app("billing.chart")
        facts = {
            "rows": rows,
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
            for statement in HISTORY if rows else ():
                cursor.execute(statement, facts)
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")

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
    holds = any(only in name for name in NAMES[:5])
    settles = any(only in name for name in NAMES[5:])
    with database():
        spender = Spender()
        if holds:
            yield from hold_figures(spender)
        if settles:
            spender.caps_set()
            yield from settle_figures(spender)


def hold_figures(spender: Spender) -> Iterator[Figure]:
    """Measure placement in three copies of the database that differ in their past alone, in turns."""
    few = min(10_000, PAST)
    pasts = {"none": 0, "few": few, "many": PAST}
    template = connections.databases["default"]["NAME"]
    for name in pasts:
        use(template, copy=name)
        use(name)
        spender.past_make(pasts[name])
        spender.caps_set()
        spender.caps_show(False)
        for _ in range(50):
            spender.place()  # warm up
        use(template)
    taken: dict[tuple[str, bool], list[float]] = {(name, capped): [] for name in pasts for capped in (False, True)}
    for _ in range(TURNS):  # short turns, so that whatever else the machine does slows all alike
        for name, capped in taken:
            use(name)
            spender.caps_show(capped)
            for _ in range(3):
                spender.place()  # the first statements of a connection are slower
            taken[name, capped] += [seconds(spender.place) for _ in range(SAMPLES // TURNS)]
    touched = {name: pages(spender, name) for name in pasts}
    use("many")
    rates = {capped: max(rate(spender, capped) for _ in range(ROUNDS)) for capped in (False, True)}
    found = {turn: p95(samples) * 1000 for turn, samples in taken.items()}
    said = f"p95 without caps, {PAST:,} past rows too"
    yield Figure("holds.place", found["many", True], "ms", said, found["many", False])
    yield Figure("holds.rate", rates[True], "holds/s", f"{WORKERS} clients without caps", rates[False])
    yield Figure("holds.growth_10k", found["few", True], "ms", "p95 with no past rows", found["none", True])
    said = f"p95 with no past rows; this is {PAST:,}"
    yield Figure("holds.growth", found["many", True], "ms", said, found["none", True])
    said = f"pages of tables and indexes with no past rows; this is {PAST:,}"
    yield Figure("holds.pages_growth", touched["many"], "pages/hold", said, touched["none"])


def use(name: str, *, copy: str = "") -> None:
    """Speak to this database from now on; with `copy`, make a copy of it by that name."""
    connections.close_all()
    settings = connections.databases["default"]
    if copy:
        settings["NAME"] = "template1"
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        connections.close_all()
    settings["NAME"] = name


def seconds(act: Callable[[], Any]) -> float:
    """Return how many seconds the act takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def p95(samples: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(samples)[int(len(samples) * 0.95)]


def pages(spender: Spender, name: str) -> float:
    """Return how many pages the server touches to place one hold under caps: what no other load can change."""
    use(name)
    spender.caps_show(True)
    spender.place()
    before = _touched()
    for _ in range(SAMPLES // 3):
        spender.place()
    return (_touched() - before) / (SAMPLES // 3)


def _touched() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0))::bigint "
            "FROM pg_statio_user_tables"
        )
        return int(cursor.fetchone()[0])


def rate(spender: Spender, capped: bool) -> float:
    """Return how many holds a second some processes place at once for the one organisation. Raises RuntimeError."""
    spender.caps_show(capped)
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
