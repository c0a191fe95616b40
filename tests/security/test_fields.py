"""Attacks by what is written into fields: HTML and formulas shown again; zero bytes and odd texts in every form."""

import csv
import itertools
import re
from io import StringIO
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import connection, transaction
from django.urls import resolve, reverse
from django.utils import timezone

from apps.console.access import ROUTES
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Role
from apps.users.personal import person_erase
from tests.permissions.stage import Stage
from tests.security.nasty import MARK, TEXTS, Page, poison
from tests.security.test_attacks import ALL, FOREIGN, ask, stage, whom

__all__ = ["stage"]
pytestmark = pytest.mark.django_db
LOOKED_AT = [route for route in ALL if "GET" in ROUTES[route.name] and not route.api]
CSV = re.compile(r"[./]csv\b|as=csv")
FORMULA, NUMBER = re.compile(r"\s*[=+@\t\r\n＝＋－＠-]"), re.compile(r"-[0-9.]+")
# Every address that answers CSV; statements are written by the database, and keep what they said when they were made.
EXPORTS = {
    "billing:credit_notes",
    "billing:holds",
    "billing:invoices",
    "billing:movements",
    "billing:statement_csv",
    "billing:statements",
    "billing:usage_csv",
    "billing_api:statement_csv",
    "billing_api:usage_csv",
    "jobs:list_csv",
    "organisations:approvals",
    "organisations:audit_csv",
    "organisations:invitations",
    "organisations:keys",
    "organisations:members",
    "payments:topups",
    "support:close_export",
    "support:early",
}


def body_of(answer: Any) -> str:
    """Return what was answered, also piece by piece."""
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


def html(answer: Any) -> bool:
    """Return whether the answer is a page."""
    return not answer.streaming and "html" in answer.headers.get("Content-Type", "")


def pages(stage: Stage) -> list[tuple[str, str]]:
    """Return the address of every page, and who looks at it."""
    found = [(route.path(stage.values(route, stage.world.acme)), whom(route)) for route in LOOKED_AT]
    quiet = ("logout", "/add/", "jsi18n", "autocomplete")
    staff = [path for path in FOREIGN if path.startswith("/admin/") and not any(word in path for word in quiet)]
    return found + [(path, "sam") for path in staff]


def programs(stage: Stage) -> list[tuple[str, str]]:
    """Return every address that programs may look at, and who does."""
    looked_at = [route for route in ALL if route.api and "GET" in ROUTES[route.name]]
    return [(route.path(stage.values(route, stage.world.acme)), whom(route)) for route in looked_at]


def test_nothing_that_people_wrote_runs_on_any_page_or_counts_in_any_table(stage: Stage) -> None:
    with transaction.atomic():
        assert poison() > 60
        shown, files = 0, set()
        for path, who in pages(stage):
            answer = ask(stage, who, "GET", path)
            assert answer.status_code < 500, path
            if html(answer):
                text = body_of(answer)
                page = Page(text)
                assert page.alive == [], path
                shown += MARK in text
                files |= {(urljoin(path, link), who) for link in page.links if CSV.search(link)}
            elif "csv" in answer.headers.get("Content-Type", ""):
                files.add((path, who))
        assert shown > 60
        files |= {(path, who) for path, who in programs(stage) if CSV.search(path)}
        files.add(
            (reverse("organisations:approvals", args=["acme"]) + "?as=csv", "olga")
        )  # its link is there once something is over
        names = {resolve(urlsplit(path).path).view_name for path, _ in files}
        assert names == EXPORTS
        for path, who in files:
            cells = itertools.chain(*csv.reader(StringIO(body_of(ask(stage, who, "GET", path)))))
            assert not [cell for cell in cells if FORMULA.match(cell) and not NUMBER.fullmatch(cell)], path
        transaction.set_rollback(True)


def test_no_text_in_any_field_of_a_form_is_our_failure(stage: Stage) -> None:
    texts = itertools.cycle(text for text in TEXTS if "\x00" not in text)
    sent = set()
    looked_at = [(path, who) for path, who in pages(stage) if not path.startswith("/admin/")]
    looked_at += [(path, "anonymous") for path in FOREIGN if path.startswith("/accounts/")]
    for path, who in looked_at:
        answer = ask(stage, who, "GET", path)
        if not html(answer):
            continue
        page = Page(body_of(answer))
        for form in page.forms:
            where = form["action"] or path
            name = (resolve(urlsplit(where).path).view_name, *sorted(form["fields"]))
            if not form["post"] or name in sent:
                continue
            sent.add(name)
            for text in ("a\x00b", next(texts)):
                told = ask(stage, who, "POST", where, page.filled(form, text)).status_code
                assert told < 500 or told == 503, (
                    f"POST {where} with {text[:20]!r} answered {told}"
                )  # 503: no Stripe
    assert len(sent) > 60


# Documents stay as they were sent, by law; an organisation's finance address is its own, also in events, which are
# forgotten after ninety days.
KEPT = {"billing_invoice", "billing_invoicedue", "billing_creditnote", "billing_creditnotedue"}
KEPT |= {"organisations_organisation", "payments_stripecustomer", "notifications_event"}


def test_an_erased_person_is_found_in_no_table(stage: Stage) -> None:
    world, now = stage.world, timezone.now()
    with transaction.atomic():
        for other in Organisation.objects.filter(memberships__user=world.olga, memberships__role=Role.OWNER):
            owner = other.memberships.get(user=world.olga)
            heir = other.memberships.exclude(user=world.olga).get(role=Role.ADMIN)
            Membership.objects.filter(pk=owner.pk).update(role=Role.ADMIN)
            Membership.objects.filter(pk=heir.pk).update(role=Role.OWNER)
        person_erase(user=world.olga, confirmation="olga@acme.example", now=now)
        found = set()
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT r::text FROM "{table}" r WHERE r::text ILIKE %s', ["%olga@acme.example%"])
                found |= {(table, row[0][:300]) for row in cursor.fetchall() if table not in KEPT}
        assert found == set()
        transaction.set_rollback(True)
