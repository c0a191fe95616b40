"""How long an API key's check takes: one query for key, organisation, member and projects, and all rules.

Beside it, on the same database in turns: DRF's TokenAuthentication (one token, one user, no scopes, kept in clear),
and a PBKDF2 hash, which is what checking a key like a password costs before any query.
"""

import importlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from sandbox.services import Postgres

NAMES = ["key.check", "key.check_p95", "key.check_vs_pbkdf2"]
KEYS, CHECKS, HASHES = 10_000, 4_000, 15
TOKEN_AUTH = "DRF TokenAuthentication"


def figures(only: str) -> Iterator[Figure]:
    """Check random ones of 10,000 keys, and of as many tokens, on a durable PostgreSQL; yield milliseconds."""
    data = Path(tempfile.mkdtemp(prefix="nw-bench-"))
    postgres = Postgres(data)
    try:
        postgres.start()
        env = os.environ | {
            "DATABASE_URL": postgres.url("postgres"),
            "DATABASE_CONN_MAX_AGE": "60",
            "DJANGO_SETTINGS_MODULE": "nosana_web.settings",
        }
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.keys"], env=env, check=True, stdout=subprocess.PIPE, text=True
        )
    finally:
        postgres.stop()
        shutil.rmtree(data, ignore_errors=True)
    found = json.loads(done.stdout.splitlines()[-1])
    rows = [
        Figure("key.check", found["ours"][0], "ms", f"{TOKEN_AUTH}, median", found["token"][0]),
        Figure("key.check_p95", found["ours"][1], "ms", f"{TOKEN_AUTH}, p95", found["token"][1]),
        Figure("key.check_vs_pbkdf2", found["ours"][0], "ms", "check_password, PBKDF2, median", found["hash"][0]),
    ]
    yield from (row for row in rows if only in row.name)


def measure() -> dict[str, tuple[float, float]]:
    """Return median and p95 in milliseconds of each way; ours and DRF's take turns, one check each."""
    rest_token = importlib.import_module("rest_framework.authentication").TokenAuthentication()
    hashers = importlib.import_module("django.contrib.auth.hashers")
    keys, tokens = seed()
    chance = random.Random(7)
    ours, theirs = [], []
    for number in range(CHECKS + 200):
        taken = milliseconds(check, chance.choice(keys))
        also = milliseconds(rest_token.authenticate_credentials, chance.choice(tokens))
        if number >= 200:  # warm
            ours.append(taken)
            theirs.append(also)
    kept = hashers.make_password(keys[0])
    hashes = [milliseconds(hashers.check_password, keys[0], kept) for _ in range(HASHES)]
    return {"ours": spread(ours), "token": spread(theirs), "hash": spread(hashes)}


def check(token: str) -> None:
    """Check a key and learn what it may, as every request does."""
    organisations = importlib.import_module("apps.organisations.models")
    selectors = importlib.import_module("apps.organisations.selectors")
    now = importlib.import_module("django.utils.timezone").now()
    key = selectors.api_key_check(token=token, address="203.0.113.9", now=now)
    if not organisations.Grant.of_key(key).may("jobs.view"):
        raise RuntimeError("a key of the benchmark may not do what it was made for")


def seed() -> tuple[list[str], list[str]]:
    """Make a hundred organisations, their keys (half of members who are limited to a project), and DRF's tokens."""
    models = importlib.import_module("apps.organisations.models")
    user_model = importlib.import_module("apps.users.models").User
    token_model = importlib.import_module("rest_framework.authtoken.models").Token
    make = importlib.import_module("apps.organisations.tokens").token_make
    now = importlib.import_module("django.utils.timezone").now()
    organisations = models.Organisation.objects.bulk_create(
        models.Organisation(name=f"Bench {n}", slug=f"bench-{n}") for n in range(100)
    )
    projects = models.Project.objects.bulk_create(
        models.Project(organisation=one, name="Default", slug="default") for one in organisations
    )
    users = user_model.objects.bulk_create(user_model(email=f"{n}@bench.example") for n in range(KEYS))
    members = models.Membership.objects.bulk_create(
        models.Membership(organisation=organisations[n % 100], user=user, role="developer", limited=True)
        for n, user in enumerate(users)
    )
    models.ProjectMembership.objects.bulk_create(
        models.ProjectMembership(membership=member, project=projects[n % 100], role="developer")
        for n, member in enumerate(members)
    )
    made = [make() for _ in range(KEYS)]
    models.ApiKey.objects.bulk_create(
        models.ApiKey(
            organisation=organisations[n % 100],
            kind="personal" if n % 2 else "service",
            member=members[n] if n % 2 else None,
            name=f"key {n}",
            prefix=one.prefix,
            digest=one.digest,
            scopes=["jobs.view", "jobs.launch"],
            allowed_networks=["203.0.113.0/24"],
            created_at=now,
        )
        for n, one in enumerate(made)
    )
    tokens = [token_model(user=user, key=token_model.generate_key()) for user in users]
    token_model.objects.bulk_create(tokens)
    importlib.import_module("django.db").connection.cursor().execute("ANALYZE")
    return [one.text for one in made], [token.key for token in tokens]


def milliseconds(act: Callable[..., Any], *args: Any) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    act(*args)
    return (time.perf_counter() - started) * 1000


def spread(values: list[float]) -> tuple[float, float]:
    """Return median and 95th percentile."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95) - 1]


def main() -> None:
    """Measure on the database of the environment, and print one line of JSON."""
    django = importlib.import_module("django")
    settings = importlib.import_module("django.conf").settings
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "rest_framework.authtoken"]
    django.setup()
    importlib.import_module("django.core.management").call_command("migrate", verbosity=0)
    print(json.dumps(measure()))


if __name__ == "__main__":
    main()
