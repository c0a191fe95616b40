"""Attacks by what is written into fields: zero bytes, half characters, HTML and formulas, on every page and export."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from apps.console.access import ROUTES
from tests.permissions.stage import Stage
from tests.security.nasty import ATTRIBUTE, FORMULA, MARK, SCRIPT, TEXTS, poison, posts_of
from tests.security.test_attacks import ALL, FOREIGN, ask, stage, whom

__all__ = ["stage"]
pytestmark = pytest.mark.django_db


def refill(form: dict[str, Any], text: str) -> dict[str, str]:
    """Return the form filled with the text, its hidden fields as they are."""
    return {name: value if kind == "hidden" else text for name, (kind, value) in form["fields"].items()}


@pytest.mark.parametrize("part", range(4))
def test_no_text_in_any_field_of_a_form_is_our_failure(stage: Stage, part: int) -> None:
    tried = 0
    for route in ALL[part::4]:
        if "GET" not in ROUTES[route.name] or route.api:
            continue
        who, path = whom(route), route.path(stage.values(route, stage.world.acme))
        page = ask(stage, who, "GET", path)
        if page.streaming or "html" not in page.headers.get("Content-Type", ""):
            continue
        for form in posts_of(page.content.decode()):  # type: ignore[attr-defined]
            for text in TEXTS[:: 1 if len(form["fields"]) < 20 else 3]:
                answer = ask(stage, who, "POST", form["action"] or path, refill(form, text))
                told = f"POST {form['action'] or path} with {text[:20]!r} answered {answer.status_code}"
                assert answer.status_code < 500 or answer.status_code == 503, told  # 503: Stripe is not there
                tried += 1
    assert tried > 5


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_no_text_in_sign_in_is_our_failure(stage: Stage, path: str) -> None:
    client = Client(raise_request_exception=False)
    form = next(posts_of(client.get(path).content.decode()), None)
    fields = {"email": ("text", ""), "login": ("text", ""), "password": ("text", ""), "password1": ("text", "")}
    for text in TEXTS:
        with transaction.atomic():
            answer = client.post(path, refill({"fields": {**fields, **(form or {"fields": {}})["fields"]}}, text))
            transaction.set_rollback(True)
        assert answer.status_code < 500, f"{text[:20]!r} answered {answer.status_code}"


@pytest.mark.parametrize("text", [SCRIPT, ATTRIBUTE])
def test_no_text_that_people_wrote_runs_on_any_page(stage: Stage, text: str) -> None:
    with transaction.atomic():
        assert poison(text) > 20
        shown, pages = (
            0,
            [(route.path(stage.values(route, stage.world.acme)), whom(route), route) for route in ALL],
        )
        pages += [(path, "sam", None) for path in FOREIGN if path.startswith("/admin/") and "logout" not in path]
        for path, who, route in pages:
            if route is not None and ("GET" not in ROUTES[route.name] or route.api):
                continue
            answer = ask(stage, who, "GET", path)
            if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
                continue
            page = answer.content.decode()  # type: ignore[attr-defined]
            assert text not in page, f"{path} shows what somebody wrote as it is"
            assert f"<script>{MARK}" not in page, path
            assert f'" onfocus={MARK}' not in page, path
            assert f"' onload='{MARK}" not in page, path
            shown += MARK in page
        assert shown > 20
        transaction.set_rollback(True)


def test_no_cell_of_any_export_is_a_formula(stage: Stage) -> None:
    with transaction.atomic():
        assert poison(FORMULA) > 20
        exports = 0
        for route in ALL:
            if "GET" not in ROUTES[route.name]:
                continue
            answer = ask(stage, whom(route), "GET", route.path(stage.values(route, stage.world.acme)))
            if "csv" not in answer.headers.get("Content-Type", ""):
                continue
            body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined, arg-type]
            for row in csv.reader(StringIO(body.decode())):
                for cell in row:
                    risky = cell.lstrip(" ")[:1] in tuple("=+@\t\r") or (
                        cell[:1] == "-" and not cell[1:2].isdigit()
                    )
                    assert not risky, f"{route.name}: {cell!r}"
            exports += 1
        assert exports >= 5
        transaction.set_rollback(True)
