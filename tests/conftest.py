"""Real parts for every test: a PostgreSQL of the tests' own unless DATABASE_URL names one."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from apps.billing.audit import mismatches
from apps.core import tasks as _every_task  # noqa: F401 - registers them, as a worker does
from apps.core.models import Message
from apps.core.queue import TASKS
from apps.ledger.models import Transfer
from apps.ledger.selectors import imbalances
from apps.support.announcements.services import KEY as ANNOUNCED
from tests import taking_back
from tests.cluster import server_start
from tests.world import World

gc.disable()  # until every test is collected: what is made until then stays


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let every process begin with some of the longest tests, so that none has one left when the others are done.

    Each begins with an equal share of the list, one after the other, and takes from the end of another's afterwards.
    """
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("long")]
    rest = iter([item for item in items if not item.get_closest_marker("long")])
    left, ordered = len(items), []
    for index in range(processes):
        share, own = left // (processes - index), long[index::processes]
        ordered += [*own, *islice(rest, max(0, share - len(own)))]
        left -= share
    items[:] = [*ordered, *rest]


def pytest_collection_finish() -> None:
    """Let the collector pass over what stays, thousands of tests and the platform, from now on."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Let Django take the database as the copy brings it, and migrate only what a copy would lack."""
    return "DATABASE_URL" not in os.environ


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Point Django at a throw-away server, started with the first test that needs one."""
    if "DATABASE_URL" in os.environ:
        yield
        return
    name = connection.creation._get_test_db_name()
    server = server_start(Path(tempfile.mkdtemp(prefix="nw-test-")), database=name)
    connections.databases["default"].update(HOST=server.socket_folder, PORT="", USER="postgres", PASSWORD="")
    yield
    connections.close_all()
    server.stop()
    shutil.rmtree(server.data, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Come back to what the migrations left, whatever a test commits; a server that is not ours is flushed."""
    if "DATABASE_URL" not in os.environ:
        with django_db_blocker.unblock():
            taking_back.keep()


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_found_once() -> Iterator[None]:
    """Let browsers of the tests share the list of static files, which takes longer to make than a page."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    find = WhiteNoiseMiddleware.add_files_from_finders

    def found(self: Any) -> None:
        place = (str(settings.STORAGES), f"{self.static_prefix} {settings.STATICFILES_DIRS} {self.static_root}")
        before = self.files
        if place not in known:
            self.files = {}
            find(self)
            known[place] = self.files
        self.files = {**before, **known[place]}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WhiteNoiseMiddleware, "add_files_from_finders", found)
        yield


@pytest.fixture(autouse=True)
def _books_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test that posted, the books must be right, and billing must agree with them."""
    marked = request.node.get_closest_marker("django_db") is not None
    if not marked and not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("db")  # so that this check ends before the test's rows go
    yield
    if not connection.needs_rollback and Transfer.objects.exists():
        assert imbalances() == []
        assert mismatches() == []


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Forget rate limits and other cached facts between tests; that nothing is announced is known, as by the beat."""
    cache.set(ANNOUNCED, [])
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Hash passwords by the quickest hasher: the slow one, which keeps real ones, would be most of a sign-in's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let DNS know nothing, unless a test says what it knows."""
    monkeypatch.setattr("apps.organisations.dns.txt_records", lambda *, name: [])


@pytest.fixture
def world(db: None) -> World:
    """The cast: Olga owns Acme, Adam admins, Bea does billing, Mia develops, Victor views, Xena is outside."""
    return World.build()


@pytest.fixture
def drain() -> Callable[[], int]:
    """Run every waiting message as a worker would, until none is left; errors come out."""

    def run() -> int:
        count = 0
        while message := Message.objects.filter(parked_at=None).order_by("created_at", "id").first():
            TASKS[message.name].run(**message.payload)
            message.delete()
            count += 1
        return count

    return run
