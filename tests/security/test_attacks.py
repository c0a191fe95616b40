"""Attacks on every address: whatever route comes new is attacked without a line here.

The cast and their things are those of tests/permissions; what is refused must have changed nothing, and nothing ends in
our own failure.
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from pytest_django import DjangoDbBlocker, Settings

from apps.console.access import ROUTES
from apps.console.access_kinds import Node, Staff
from apps.core.mail import mail_deliver, mail_write
from apps.payments.tiers import VELOCITY
from tests.permissions.routes import Route, routes
from tests.permissions.stage import Stage
from tests.permissions.tables import changed, contents
from tests.security.nasty import VALUES

pytestmark = pytest.mark.django_db
ALL = routes()
# These prove who asks by a signature or a token of their own, not by a cookie, so another site has nothing to ride on.
WITHOUT_COOKIE = {
    "payments:stripe_webhook",
    "organisations:device_code",
    "notifications:unsubscribe",
    "bridge:result",
}
PROVIDERS = ("/accounts/google/", "/accounts/github/", "/accounts/microsoft/")  # none is configured in tests
EVIL = ("https://evil.example/", "//evil.example/", "/\\evil.example", "https:evil.example", "javascript:alert(1)")
NEXT = ("next", "url", "return_to", "redirect", "continue", "back", "to")
OFTEN = {"language": "de"}  # without which a form is refused before it leads anywhere


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """The cast and their things, for all tests here: each takes back what it changes."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stage.build(ALL)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _nobody_outside(settings: Settings) -> None:
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    settings.TOPUP_VELOCITY = [[what, of, seconds, 10_000] for what, of, seconds, _ in VELOCITY]


def whom(route: Route) -> str:
    """Return who may use the route."""
    return "sam" if any(isinstance(access, Staff) for access in ROUTES[route.name].values()) else "olga"


def fresh(stage: Stage, who: str, *, guarded: bool = False, headers: dict[str, str] | None = None) -> Client:
    """Return a browser of the person's own, so that what signs it out signs out no other."""
    client = Client(enforce_csrf_checks=guarded, raise_request_exception=False, headers=headers)
    for name, morsel in stage.clients[who].cookies.items():
        client.cookies[name] = morsel.value
    return client


def guarded(stage: Stage, who: str) -> Client:
    """Return the person's browser, as another site would use it: with cookies, and without a token."""
    return fresh(stage, who, guarded=True)


def ask(
    stage: Stage, who: str, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
) -> Any:
    """Ask with a browser of its own, and take back whatever the answer changed."""
    with transaction.atomic():
        answer = stage._send(fresh(stage, who, headers=headers), method, path, body or {})
        transaction.set_rollback(True)
    return answer


def foreign_posts(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Yield every address of sign-in and of the admin site that takes no arguments."""
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern).removeprefix("^").removesuffix("$").removesuffix("\\Z")
        if isinstance(entry, URLResolver):
            yield from foreign_posts(entry, path)
        elif path.startswith(("/accounts/", "/admin/")) and not set("<(\\") & set(path):
            yield path


FOREIGN = sorted(path for path in set(foreign_posts(get_resolver())) if not path.startswith(PROVIDERS))


def test_no_form_is_taken_without_its_token(stage: Stage) -> None:
    acme, tried = stage.world.acme, 0
    for route in ALL:
        methods = [method for method in ROUTES[route.name] if method != "GET"]
        if route.name in WITHOUT_COOKIE or any(isinstance(ROUTES[route.name][method], Node) for method in methods):
            continue
        path, body = route.path(stage.values(route, acme)), stage.body(route, acme)
        for method in methods:
            before = contents() if tried % 20 == 0 else None
            answer = guarded(stage, whom(route)).generic(
                method,
                path,
                json.dumps(body) if route.api else "a=b",
                content_type="application/json" if route.api else "application/x-www-form-urlencoded",
            )
            assert answer.status_code == 403, f"{method} {path} answered {answer.status_code} without a token"
            assert before is None or changed(before) == []
            tried += 1
    assert tried > 100


def test_no_form_of_sign_in_or_the_admin_is_taken_without_its_token(stage: Stage) -> None:
    assert "/accounts/login/" in FOREIGN
    for path in FOREIGN:
        for who in ("olga", "sam"):
            answer = guarded(stage, who).post(path, {"email": "eve@evil.example", "action": "delete"})
            refused = answer.status_code in (403, 404, 405)
            turned = answer.status_code == 302 and "login" in answer["Location"]
            assert refused or turned, f"POST {path} as {who} answered {answer.status_code} without a token"


@pytest.mark.walk
def test_nothing_leads_to_another_site(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "django.template.base.Template.render", lambda self, context: ""
    )  # most of the time it takes
    acme, taken = stage.world.acme, 0
    doors = [path for path in FOREIGN if path.startswith("/accounts/")]
    asked: list[tuple[str, str, dict[str, Any]]] = [
        (path, who, {}) for path in doors for who in ("olga", "anonymous")
    ]
    staff = [path for path in FOREIGN if path not in doors]  # all of one library: some are enough
    asked += [(path, ("olga", "anonymous")[number % 2], {}) for number, path in enumerate(staff[::3])]
    for route in (route for route in ALL if not route.api):
        asked.append((route.path(stage.values(route, acme)), whom(route), stage.body(route, acme)))
    for number, (path, who, body) in enumerate(asked):  # each way to write such an address, in turn
        where = EVIL[number % len(EVIL)]
        query, led = "&".join(f"{name}={where}" for name in NEXT), {"Referer": EVIL[0]}
        for answer in (
            ask(stage, who, "GET", f"{path}?{query}", headers=led),
            ask(stage, who, "POST", f"{path}?{query}", OFTEN | body | dict.fromkeys(NEXT, where), headers=led),
        ):
            target = answer.headers.get("Location", "").replace("\\", "/")
            assert not target.startswith(("//", "https:evil", "https://evil", "javascript", "/\\")), (
                f"{path}: {target}"
            )
            assert answer.headers.get("HX-Redirect", "") == ""
            taken += answer.status_code == 302
    assert taken > 100


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver:80@evil.example", "testserver.evil.example", "[::1]"]
)
def test_another_host_is_not_answered(stage: Stage, host: str) -> None:
    for path in ("/", "/accounts/password/reset/", "/api/v1/whoami", "/admin/login/"):
        answer = Client(headers={"host": host}).get(path)
        assert answer.status_code == 400
        assert b"evil" not in answer.content


def test_a_forwarded_host_is_not_believed(stage: Stage) -> None:
    mail.outbox.clear()
    form = {"email": stage.world.olga.email}
    Client(headers={"x-forwarded-host": "evil.example"}).post("/accounts/password/reset/", form)
    answer = Client(headers={"x-forwarded-host": "evil.example"}).get("/o/acme/")
    assert "evil" not in answer["Location"]
    assert all("evil" not in sent.body for sent in mail.outbox)


RAW = (b"", b"[", b"\xff", b"null", b"[" * 20_000, b'{"a":' * 5_000, b'"\\ud800"')


@pytest.mark.walk
def test_no_value_in_any_field_of_the_api_is_our_failure(stage: Stage) -> None:
    document = json.loads(Path("docs/openapi.json").read_text())
    acme, tried = stage.world.acme, 0
    for route in (route for route in ALL if route.api):
        path = route.path(stage.values(route, acme))
        for method in (method for method in ROUTES[route.name] if method in ("POST", "PUT", "PATCH")):
            names = fields_of(document, route, method)
            good = stage.body(route, acme)
            turn = itertools.islice(itertools.cycle(VALUES), tried % len(VALUES), None)  # each value in turn
            bodies = [dict.fromkeys(names, next(turn)) for _ in range(3)]
            bodies += [good | {name: next(turn)} for name in names]
            for body in bodies:
                answer = ask(stage, "olga", method, path, body)
                outside = answer.status_code == 503  # Stripe is not there
                assert answer.status_code < 500 or outside, (
                    f"{method} {path} {str(body)[:90]}: {answer.status_code}"
                )
                tried += 1
            for raw in (RAW[tried % len(RAW)], RAW[(tried + 3) % len(RAW)]):
                client = fresh(stage, "olga")
                with transaction.atomic():
                    answer = client.generic(method, path, raw, content_type="application/json")
                    transaction.set_rollback(True)
                assert answer.status_code < 500, f"{method} {path} {raw[:20]!r}: {answer.status_code}"
    assert tried > 300


def fields_of(document: dict[str, Any], route: Route, method: str) -> list[str]:
    """Return the names of the JSON body that the reference gives for the route."""
    import re  # noqa: PLC0415

    address = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.pattern)
    operation = document["paths"].get(address, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return list(schema.get("properties", {}))


@pytest.mark.parametrize("name", ["Evil\r\nBcc: eve@evil.example", "Evil\nX: y", "Evil\x0bBcc: a@b"])
def test_no_name_adds_a_header_to_a_mail(stage: Stage, name: str, settings: Settings) -> None:
    from django.utils import timezone  # noqa: PLC0415

    with transaction.atomic():
        acme = stage.world.acme
        acme.name = name
        context = {
            "organisation": acme,
            "url": "x",
            "platform": "P",
            "invitation": {"organisation": acme, "role": "x"},
        }
        written = mail_write(key=f"t:{name}", to="mia@acme.example", template="invitation", context=context)
        mail.outbox.clear()
        mail_deliver(written.pk, now=timezone.now())
        sent = mail.outbox[0].message()
        assert sent["Bcc"] is None
        assert sent["X"] is None
        assert mail.outbox[0].recipients() == ["mia@acme.example"]
        transaction.set_rollback(True)
