"""How long a month's close takes: a million usage rows of 100 organisations into statements and their CSV.

The rows are those a close reads, written straight into the tables as the services would leave them: a hold and a
settlement of each job with all entries in the ledger, the settlement's row and the usage record. PostgreSQL is
durable (fsync on) and has its guards. Printing and mailing come later, in workers, and are not measured.
"""

import csv
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from django.db import connection, connections

from benchmarks.figures import Figure
from benchmarks.platform import app, database

NAMES = ["close.million_rows", "close.million_rows_vs_copy", "usage.csv_memory"]
ROWS = int(os.environ.get("BENCH_CLOSE_ROWS", "1000000"))
SAMPLE = min(50_000, ROWS)
ORGANISATIONS = 100  # the first has half of all rows
MONTH = date(2026, 10, 1)
SINCE, OVER = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC)

SEED = [
    """CREATE TABLE bench_org AS
        SELECT row_number() OVER (ORDER BY o.id) - 1 AS n, o.id,
            (SELECT id FROM ledger_account WHERE code = 'org:' || o.id || ':available') AS available,
            (SELECT id FROM ledger_account WHERE code = 'org:' || o.id || ':held') AS held,
            (SELECT id FROM organisations_project WHERE organisation_id = o.id LIMIT 1) AS project
        FROM organisations_organisation o""",
    """CREATE TABLE bench_job AS
        SELECT i, CASE WHEN i %% 2 = 0 THEN 0 ELSE 1 + (i / 2) %% (%(organisations)s - 1) END AS n,
            timestamptz '2026-10-01 00:00:01+00' + i * (interval '30 days' / %(rows)s) AS at,
            ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid AS id,
            'job:' || md5(i::text) || ':1' AS source, 60 + i %% 3600 AS seconds, 1000000 + i %% 999983 AS network
        FROM generate_series(1, %(rows)s) AS i""",
    "ANALYZE bench_org, bench_job",
    """INSERT INTO ledger_transfer (id, key, fingerprint, reason, details, at)
        SELECT 1000 + n, 'grant:' || n, repeat('0', 64), 'grant', '{"kind": "promotional"}',
            timestamptz '2026-09-15 00:00:00+00' FROM bench_org""",
    """INSERT INTO ledger_entry (id, transfer_id, account_id, amount)
        SELECT 1000 + n, 1000 + n, available, 10^15 FROM bench_org""",
    """INSERT INTO ledger_transfer (id, key, fingerprint, reason, details, at)
        SELECT 10000 + i * 2 + step, 'hold:' || source || ':' || step, md5(i::text) || md5(step::text),
            CASE step WHEN 0 THEN 'hold' ELSE 'settlement' END,
            jsonb_build_object('source', source, 'label', 'Nightly embeddings ' || i %% 500), at
        FROM bench_job, generate_series(0, 1) AS step ORDER BY i, step""",
    """INSERT INTO ledger_entry (id, transfer_id, account_id, amount)
        SELECT 10000 + i * 6 + leg.n, 10000 + i * 2 + leg.step, leg.account, leg.amount
        FROM bench_job JOIN bench_org o USING (n), LATERAL (VALUES
            (0, 0, o.available, -3000000), (1, 0, o.held, 3000000), (2, 1, o.held, -3000000),
            (3, 1, o.available, 3000000 - network - network / 20),
            (4, 1, %(spend)s, network), (5, 1, %(fees)s, network / 20)
        ) AS leg (n, step, account, amount) ORDER BY i, leg.n""",
    """INSERT INTO billing_hold (id, organisation_id, source, label, project_id, member_id, network_micro,
            network_fee_micro, platform_fee_micro, amount_micro, counted_micro, dimensions, state, reason,
            placed_at, ended_at)
        SELECT j.id, o.id, source, 'Nightly embeddings ' || i %% 500, o.project, %(person)s, 3000000, 0, 0, 3000000,
            network + network / 20, '{}', 'settled', '', at, at FROM bench_job j JOIN bench_org o USING (n)""",
    """INSERT INTO billing_settlement (id, hold_id, transfer_id, network_micro, network_fee_micro, platform_fee_micro,
            loss_micro, cost_micro, released_micro, seconds, details, at)
        SELECT id, id, 10001 + i * 2, network, 0, network / 20, 0, network + network / 20,
            3000000 - network - network / 20, seconds, jsonb_build_object('signature', repeat(md5(i::text), 2)), at
        FROM bench_job""",
    """INSERT INTO billing_usagerecord (id, organisation_id, source, starts_at, ends_at, seconds, amount_micro, label,
            project_id, member_id, dimensions, settlement_id, settled_at)
        SELECT j.id, o.id, source, at - seconds * interval '1 second', at, seconds, network + network / 20,
            'Nightly embeddings ' || i %% 500, o.project, %(person)s, '{}', j.id, at
        FROM bench_job j JOIN bench_org o USING (n)""",
    """UPDATE ledger_account SET balance = sums.sum FROM (
            SELECT account_id, sum(amount) AS sum FROM ledger_entry GROUP BY account_id
        ) AS sums WHERE id = account_id AND floor IS NOT NULL""",
    "DROP TABLE bench_job",
    "DROP TABLE bench_org",
]


def figures(only: str) -> Iterator[Figure]:
    """Seed the rows, close their month once, and do the same work the plain ways. Raises RuntimeError."""
    with database():
        seed()
        month_closed(date(2026, 9, 1), lines=ORGANISATIONS)  # the month before, as on any platform that runs
        copied = timed(usage_copied)
        naive = timed(usage_by_orm) * ROWS / SAMPLE
        closed = timed(lambda: month_closed(MONTH, lines=ROWS))
        few, many = (apart(csv_peak, rows) for rows in (ROWS // 200, ROWS))
    share = f"{SAMPLE:,} of {ROWS:,} rows, scaled up"
    yield Figure("close.million_rows", closed, "s", f"the ORM and csv.writer, row by row ({share})", naive)
    yield Figure("close.million_rows_vs_copy", closed, "s", "COPY of the usage table to CSV, no statement", copied)
    yield Figure(
        "usage.csv_memory", many, "MB", f"the process’s peak after {ROWS // 200:,} lines of {ROWS:,}", few
    )


def seed() -> None:
    """Make the organisations through their services and the rows in bulk, without the guards of single acts."""
    people = app("users.models").User.objects
    for number in range(ORGANISATIONS):
        user = people.create_user(f"bench{number}@example.org")
        organisation = app("organisations.services").organisation_create(
            user=user, name=f"Bench {number}", **acting(user)
        )
        app("billing.services").wallet_open(organisation.id)
    chart, accounts = app("billing.chart"), app("ledger.models").Account.objects
    facts = {
        "rows": ROWS,
        "organisations": ORGANISATIONS,
        "person": user.id,
        "spend": accounts.get(code=chart.NETWORK_SPEND).id,
        "fees": accounts.get(code=chart.FEES).id,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in SEED:
            cursor.execute(statement, facts)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def acting(user: Any) -> dict[str, Any]:
    """Return who makes an organisation, and when."""
    return {"actor": app("organisations.services").Actor.person(user), "now": datetime(2026, 9, 1, tzinfo=UTC)}


def timed(act: Any) -> float:
    """Return how many seconds the act takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def month_closed(month: date, *, lines: int) -> None:
    """Close a month. Raises RuntimeError unless every organisation has its statement and no row is missing."""
    done = app("billing.services").month_close(month=month, now=OVER)
    statements = app("billing.models").Statement.objects.filter(month=month)
    found = sum(statements.values_list("lines", flat=True))
    if (done.closed, done.failed, found) != (ORGANISATIONS, 0, lines):
        raise RuntimeError(f"the close did not hold: {done}, {found} lines")


def usage_copied() -> None:
    """Write the usage table as CSV, as fast as the server can, and compress nothing."""
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        raw: Any = cursor.cursor
        with raw.copy("COPY billing_usagerecord TO STDOUT WITH (FORMAT csv, HEADER)") as copy:
            for block in copy:
                file.write(block)


def apart(act: Callable[[int], float], rows: int) -> float:
    """Return what the act returns in a process of its own."""
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(act, [rows])


def csv_peak(rows: int) -> float:
    """Stream so many lines of usage as the CSV a browser gets; return the most memory the process had, in MB.

    Raises RuntimeError when lines are missing.
    """
    page, lines = app("billing.views.usage"), 0
    for organisation in app("organisations.models").Organisation.objects.order_by("id"):
        found = app("billing.selectors").usage_lines(organisation, since=SINCE, until=OVER)
        wanted = islice(found, rows - lines)
        lines += sum(1 for _ in app("core.csv").csv_lines(page.COLUMNS, (page.cells(line) for line in wanted))) - 1
        if lines == rows:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    raise RuntimeError(f"only {lines} of {rows} lines were streamed")


def usage_by_orm() -> None:
    """Write and add up a sample of the usage as one would at first: objects, one after the other."""
    records = app("billing.models").UsageRecord.objects.select_related("project", "member", "settlement__transfer")
    total = 0
    with tempfile.TemporaryFile("w+", newline="") as file:
        writer = csv.writer(file)
        for record in records.order_by("settled_at")[:SAMPLE].iterator(chunk_size=2000):
            total += record.amount_micro
            writer.writerow(
                [
                    record.settled_at.isoformat(),
                    record.project.name,
                    record.label,
                    record.source,
                    record.member.email,
                    record.seconds,
                    record.amount_micro / 1_000_000,
                    record.settlement.details["signature"],
                    record.settlement.transfer.key,
                ]
            )
