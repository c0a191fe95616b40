"""No page, answer or file of a run holds a card's number or a secret."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker, Settings

from apps.console.access import ROUTES
from apps.console.access_kinds import Staff
from tests.permissions.routes import routes
from tests.permissions.stage import Stage
from tests.security.leaks import leaks, main

ALL = routes()


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The cast and their things."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage.build(ALL)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_no_page_and_no_answer_holds_a_number_of_a_card(stage: Stage, settings: Settings) -> None:
    settings.STRIPE_API_URL, looked = "http://127.0.0.1:9", 0
    for route in ALL:
        if "GET" not in ROUTES[route.name]:
            continue
        who = "sam" if isinstance(ROUTES[route.name]["GET"], Staff) else "olga"
        answer = stage.ask(who, "GET", route.path(stage.values(route, stage.world.acme)))
        kind = answer.headers.get("Content-Type", "")
        if not answer.streaming and ("text/" in kind or "json" in kind):
            text = answer.content.decode(errors="replace")  # type: ignore[attr-defined]
            assert list(leaks(text)) == [], route.name
            looked += 1
    assert looked > 100


def test_what_a_run_left_behind_is_read_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.log").write_text("all is well\n")
    assert main(str(tmp_path)) == 0
    (tmp_path / "page.html").write_text("<p>\n4242 4242 4242 4242</p>")
    (tmp_path / "data.sqlite").write_bytes(b"4242424242424242")
    assert main(str(tmp_path)) == 1
    assert "page.html:2: a card's number ending in 4242" in capsys.readouterr().out
