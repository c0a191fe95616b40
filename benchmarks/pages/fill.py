"""Fills a migrated database: one finished job made by the services, then as many copies as asked, written in SQL.

`python -m benchmarks.pages.fill` prints the session of the owner of both organisations.
"""

import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 - models can be imported only after the setup
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.billing.models import UsageRecord  # noqa: E402
from apps.jobs.models import Job, Market  # noqa: E402
from apps.organisations.models import Membership, Organisation  # noqa: E402
from apps.users.models import User  # noqa: E402
from tests.console.scene import credits_give, job_finish, job_list, job_make, job_run, markets_make  # noqa: E402
from tests.world import organisation_make  # noqa: E402

JOBS = {"Small": 1_000, "Large": int(os.environ.get("BENCH_PAGE_JOBS", "100000"))}
ENTRIES = int(os.environ.get("BENCH_PAGE_ENTRIES", "1000000"))
RUNNING = 10

# An id that sorts by when it was made; `kind` keeps the ids of different tables apart.
ID = """(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(i %% 4096), 3, '0')
    || '{kind}' || substr(md5({seed} || i::text), 1, 15))::uuid"""
PAST = """CREATE TEMP TABLE past AS SELECT i, at, {job} AS job, {attempt} AS attempt FROM (
    SELECT i, now() - interval '90 days' + i * (interval '89 days' / %(count)s) AS at
    FROM generate_series(1, %(count)s) AS i) AS moments""".format(
    job=ID.format(kind="8", seed="%(seed)s"), attempt=ID.format(kind="9", seed="%(seed)s")
)
COPY_ATTEMPTS = """INSERT INTO jobs_attempt SELECT (jsonb_populate_record(t, jsonb_build_object(
    'id', attempt, 'job_id', job, 'hold_source', 'job:' || job || ':1', 'address', md5('a' || attempt::text),
    'run_address', md5('r' || attempt::text)))).* FROM past, jobs_attempt t WHERE t.id = %(attempt)s"""
COPY_JOBS = """INSERT INTO jobs_job SELECT (jsonb_populate_record(t, jsonb_build_object(
    'id', job, 'attempt_id', attempt, 'name', 'Nightly embeddings ' || i, 'created_at', at, 'ended_at', at,
    'timeout_s', 600 + i %% 3000, 'state', CASE WHEN i %% 20 = 0 THEN 'failed' ELSE 'completed' END
    ))).* FROM past, jobs_job t WHERE t.id = %(job)s"""
COPY_USAGE = """INSERT INTO billing_usagerecord SELECT (jsonb_populate_record(t, jsonb_build_object(
    'id', job, 'source', 'job:' || job || ':1', 'settlement_id', {settlement}, 'starts_at', at, 'ends_at', at,
    'settled_at', at))).* FROM past, billing_usagerecord t WHERE t.id = %(usage)s"""
LEDGER = (
    """INSERT INTO ledger_transfer (id, key, fingerprint, reason, details, at)
        SELECT 1000000 + i, 'bench:' || i, repeat('0', 64), 'hold',
            jsonb_build_object('source', 'job:' || i, 'label', 'Nightly embeddings ' || i),
            now() - interval '90 days' + i * (interval '89 days' / %(count)s)
        FROM generate_series(1, %(count)s) AS i""",
    """INSERT INTO ledger_entry (id, transfer_id, account_id, amount)
        SELECT 1000000 + i * 2 + leg, 1000000 + i, CASE leg WHEN 0 THEN %(available)s ELSE %(held)s END,
            CASE leg WHEN 0 THEN -3000 ELSE 3000 END
        FROM generate_series(1, %(count)s) AS i, generate_series(0, 1) AS leg""",
)


def organisation_fill(user: User, name: str, market: Market, count: int) -> Organisation:
    """Make an organisation with that many finished jobs, their usage, and a few that run."""
    organisation = organisation_make(user, name)
    credits_give(organisation, 1_000)
    membership = Membership.objects.get(organisation=organisation, user=user)
    now = timezone.now()
    done = job_make(membership, market)
    job_list(done, now)
    job_run(done, now)
    job_finish(done, started=now, ended=now)
    usage = UsageRecord.objects.get(organisation=organisation)
    settlement = "i + 1000000 * %(place)s" if isinstance(usage.settlement_id, int) else "attempt"
    names = {"seed": name, "count": count, "place": len(name) + count, "job": done.pk, "usage": usage.pk}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no guards: the rows are copies
        for statement in (PAST, COPY_ATTEMPTS, COPY_JOBS, COPY_USAGE.format(settlement=settlement)):
            cursor.execute(statement, names | {"attempt": done.attempt_id})
        cursor.execute("DROP TABLE past")
    for number in range(RUNNING):
        job = job_make(membership, market, name=f"Runs {number}")
        job_list(job, now)
        job_run(job, now)
    return organisation


def ledger_fill(organisation: Organisation) -> None:
    """Write the entries of many holds of the organisation."""
    with transaction.atomic(), connection.cursor() as cursor:
        found: dict[str, Any] = {"count": ENTRIES // 2}
        for name in ("available", "held"):
            cursor.execute("SELECT id FROM ledger_account WHERE code = %s", [f"org:{organisation.pk}:{name}"])
            found[name] = cursor.fetchone()[0]
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in LEDGER:
            cursor.execute(statement, found)


def main() -> None:
    """Fill both organisations; print a session."""
    user = User.objects.create_user("olga@large.example", name="Olga")
    market = markets_make()[0]
    for name, count in JOBS.items():
        organisation = organisation_fill(user, name, market, count)
    ledger_fill(organisation)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    if Job.objects.count() < sum(JOBS.values()):
        sys.exit("bench: the jobs were not copied")
    client = Client()
    client.force_login(user)
    print(client.cookies["sessionid"].value)


if __name__ == "__main__":
    main()
