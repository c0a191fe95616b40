"""What this process brings itself: settings, keys, programs, and the database and workers behind it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import typst
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone

from apps.bridge.keys import seed_load
from apps.bridge.selectors import treasury_reading
from apps.core import catalogues
from apps.core.leases import heart_beats
from apps.jobs.vault import vault_keys
from apps.support.checks import production_fit
from apps.support.deployment.findings import Finding
from apps.support.health import CHECKS
from apps.support.loads import queues_late
from apps.support.treasury import OLD
from apps.users.selectors import staff_exist

SKEW = timedelta(seconds=5)
LATE = timedelta(minutes=5)  # a task that waits longer has no worker, or too few
PLACEHOLDERS = ("STAFF_EMAIL", "DEFAULT_FROM_EMAIL")
# Who we are, which tables we cannot use, and whether we could empty any at once, which no trigger of a row sees.
RIGHTS = """
    SELECT current_user,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
           coalesce(array_agg(relname::text ORDER BY relname) FILTER (WHERE NOT (
               has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
               AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))), '{}'),
           coalesce(bool_or(has_table_privilege(oid, 'TRUNCATE')), false)
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
"""
NAMES = {"DEFAULT_FROM_EMAIL": "NOSANA_MAIL_FROM"}


def of_settings(now: datetime) -> Iterator[Finding]:
    """Whatever `check --deploy` says of this platform, and examples that nobody replaced."""
    if settings.ENVIRONMENT == "sandbox":
        yield Finding("This is the sandbox: set NOSANA_ENVIRONMENT to production, or to staging for a rehearsal.")
    for message in production_fit(None):  # a rehearsal has test keys and a test chain
        yield Finding(f"{message.msg} {message.hint}", missing=settings.ENVIRONMENT != "staging")
    for name in PLACEHOLDERS:
        if getattr(settings, name).rstrip(">").endswith(".example"):
            yield Finding(f"{NAMES.get(name, name)} is an example: set it to an address of yours.")
    if settings.SELLER["registration"] == "KvK 00000000" or "(sandbox)" in settings.SELLER["name"]:
        yield Finding(
            "Invoices would name the sandbox as the seller: set SELLER_NAME and the other SELLER_ variables."
        )
    if not settings.METRICS_TOKEN:
        yield Finding(
            "Nobody watches this platform: set METRICS_TOKEN and let Prometheus ask /metrics.", missing=False
        )


def of_keys(now: datetime) -> Iterator[Finding]:
    """The keys that are no settings: of jobs' secrets, and the seed."""
    if 0 in vault_keys():
        raise ImproperlyConfigured(
            "The secrets of jobs are sealed with a key made of DJANGO_SECRET_KEY: make one with"
            " `manage.py job_secrets_key --file FILE` and set JOB_SECRETS_KEY_FILE."
        )
    seed_load()
    for name in ("CHAIN_SEED_FILE", "CHAIN_TREASURY_FILE"):
        path = getattr(settings, name)
        if path and Path(path).stat().st_mode & 0o007:
            yield Finding(f"Every user of this machine may read the file of {name}: `chmod 600` it.")


def of_programs(now: datetime) -> Iterator[Finding]:
    """What pages, invoices and translations are made with."""
    if not bytes(typst.compile(b"Invoice", format="pdf", ignore_system_fonts=True)).startswith(b"%PDF"):
        yield Finding("typst prints no PDF here, so no invoice could be sent: install requirements.txt anew.")
    if late := [place for place in catalogues.places() if not place.po.with_suffix(".mo").exists()]:
        yield Finding(
            f"{len(late)} catalogues of translations are not compiled: run `python -m apps.core.catalogues compile`."
        )
    if settings.STATIC_HASHED and not (settings.STATIC_ROOT / "staticfiles.json").exists():
        yield Finding("Pages have no styles and scripts: run `manage.py collectstatic`.")


def of_database(now: datetime) -> Iterator[Finding]:
    """Whether it answers, is of this version, lets us do what we must and nothing that would hurt."""
    CHECKS["database"]()
    if CHECKS["migrations"]() != "ok":
        yield Finding("Migrations wait: run `manage.py migrate`.")
        return
    with connection.cursor() as cursor:
        cursor.execute(RIGHTS)
        role, superuser, lacking, emptied = cursor.fetchone()
    if lacking:
        yield Finding(
            f"The role “{role}” may not read and write all of {', '.join(lacking[:3])}{' …' * (len(lacking) > 3)}: run"
            f' `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"`.'
        )
    if superuser:
        yield Finding(
            f"The platform is “{role}”, a superuser of the database, whom nothing holds back: give it a role of its own"
            " (docs/operations.md, Rights in the database).",
            missing=False,
        )
    elif emptied:
        yield Finding(
            f'The role “{role}” may empty the books: run `REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM "{role}"`'
            " (docs/operations.md, Rights in the database).",
            missing=False,
        )
    if not staff_exist():
        yield Finding("There is no account of the staff: make one with `manage.py staff_ensure --email …`.")


def of_clock(now: datetime) -> Iterator[Finding]:
    """Whether this machine and the database mean the same moment."""
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    after = timezone.now()
    skew = max(before - theirs, theirs - after)
    if skew > SKEW:
        yield Finding(
            f"This machine's clock and the database's are {skew.total_seconds():.0f} s apart: let both follow NTP."
        )


def of_redis(now: datetime) -> Iterator[Finding]:
    """Whether the broker and cache answers; raises redis.RedisError."""
    if settings.REDIS_URL:
        CHECKS["redis"]()
    yield from ()


def of_workers(now: datetime) -> Iterator[Finding]:
    """Whether the beat ticks and every queue has a worker that keeps up."""
    if not heart_beats(now=now):
        yield Finding(
            "No periodic act ran for three minutes: start `celery -A nosana_web beat` and a worker of the queue"
            " default."
        )
    read = treasury_reading()
    if read is None or now - read.at > OLD:
        yield Finding(
            "The treasury was not read for 15 minutes: start a worker of the queue bridge, with its keys."
        )
    for queue in queues_late(now=now, by=LATE):
        yield Finding(
            f"A task of the queue {queue} waits for more than five minutes: start a worker of it, or more."
        )
