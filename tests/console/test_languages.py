"""In which language, and by whose clock, a page or a mail speaks."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone, translation

from apps.core import mail, moments, money
from apps.core.catalogues import compile_stale
from apps.core.languages import plainly, spoken
from apps.users.models import User
from tests.world import World

HERE = "http://testserver"
AT = datetime(2026, 11, 5, 23, 30, 9, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def _catalogues() -> None:
    compile_stale()


def spoken_by(client: Client, **headers: str) -> str:
    return client.get("/accounts/login/", headers=headers).headers["Content-Language"]


def test_a_visitor_is_answered_in_the_language_of_the_browser_until_choosing_another(db: None) -> None:
    client = Client()
    assert spoken_by(client) == "en-gb"
    assert spoken_by(client, accept_language="de-AT,de;q=0.9,en;q=0.5") == "de"
    assert spoken_by(client, accept_language="en-US,de;q=0.5") == "en-gb"
    assert spoken_by(client, accept_language="fr") == "en-gb"
    answer = client.post("/language/", {"language": "de"}, headers={"referer": f"{HERE}/accounts/login/?next=/x"})
    assert (answer.status_code, answer["Location"]) == (302, f"{HERE}/accounts/login/?next=/x")
    assert spoken_by(client, accept_language="en") == "de"
    assert '<html lang="de">' in client.get("/").text


def test_what_a_person_chose_counts_more_than_the_cookie_and_follows_them(world: World) -> None:
    world.client(world.mia).post("/language/", {"language": "de"})
    world.mia.refresh_from_db()
    assert world.mia.language == "de"
    elsewhere = world.client(world.mia)
    elsewhere.cookies["language"] = "en-gb"
    assert elsewhere.get("/o/acme/").headers["Content-Language"] == "de"
    assert world.client(world.victor).get("/o/acme/").headers["Content-Language"] == "en-gb"


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_choosing_a_language_leads_nowhere_else(db: None, where: str) -> None:
    assert Client().post("/language/", {"language": "de"}, headers={"referer": where})["Location"] == "/"


def test_a_language_that_is_not_spoken_is_refused_and_nothing_changes(world: World) -> None:
    client = world.client(world.mia)
    answer = client.post("/language/", {"language": "tlh"})
    assert (answer.status_code, "language" in answer.cookies) == (422, False)
    assert "Deutsch (de)" in answer.text
    world.mia.refresh_from_db()
    assert world.mia.language == ""
    assert client.get("/language/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/language/", {"language": "de"}).status_code == 403


def test_the_language_costs_no_query(world: World, django_assert_num_queries: object) -> None:
    client = world.client(world.victor)
    client.get("/o/acme/")
    with django_assert_num_queries(2):  # type: ignore[operator]
        client.get("/docs/openapi.json")
    with django_assert_num_queries(0):  # type: ignore[operator]
        Client().get("/docs/openapi.json")


def test_amounts_days_and_times_are_written_as_the_language_writes_them() -> None:
    with translation.override("de"):
        assert money.credits_text(1_234_560_000) == "1.234,56"
        assert money.fiat_text(123_456, "EUR") == "1.234,56\xa0€"
        assert money.fiat_rough(11_400, "EUR") == "0,0114\xa0€"
        assert money.fiat_exact(Decimal("0.4284"), "USD", "#,##0.00####") == "0,4284\xa0$"
        assert money.sol_text(1_234_500_000_000) == "1.234,5000"
        assert moments.moment_text(AT, zone=True) == "5. Nov. 2026, 23:30 UTC"
        assert moments.day_text(AT, "long") == "5. November 2026"
        assert moments.day_text(AT, "month") == "November 2026"
        assert money.credits_plain(1_234_560_000) == "1234.560000"
        with plainly():
            assert money.credits_text(1_234_560_000) == "1,234.56"
    assert money.credits_text(1_234_560_000) == "1,234.56"
    assert money.fiat_rough(11_400, "EUR") == "€0.0114"
    assert moments.moment_text(AT, seconds=True) == "5 Nov 2026, 23:30:09"
    assert moments.day_text(AT, "short") == "5 Nov"


def test_a_page_tells_the_time_by_the_clock_of_its_organisation(world: World) -> None:
    with spoken("de", moments.zone_named("Europe/Berlin")):
        assert moments.moment_text(AT, zone=True) == "6. Nov. 2026, 00:30 CET"
    assert timezone.get_current_timezone_name() == "UTC"
    world.acme.time_zone = "Asia/Tokyo"
    world.acme.save()
    assert moments.zone_text(AT) == "UTC"
    world.client(world.olga).get("/o/acme/")
    assert (timezone.get_current_timezone_name(), translation.get_language()) == ("UTC", "en-gb")


def test_a_mail_speaks_the_language_of_whom_it_is_for_by_their_clock(world: World) -> None:
    world.acme.time_zone = "Europe/Berlin"
    context = {"organisation": world.acme, "starts_at": AT}
    english = mail.mail_write(key="a", to="a@acme.example", template="ownership", context=context)
    german = mail.mail_write(key="b", to="b@acme.example", template="ownership", context=context, language="de")
    assert '<html lang="en-gb">' in english.html
    assert '<html lang="de">' in german.html


def test_whoever_signs_up_in_german_gets_german_mails(db: None) -> None:
    form = {"email": "anna@firma.example", "password1": "correct horse battery"}
    Client().post("/accounts/signup/", form, headers={"accept-language": "de"})
    assert User.objects.get().language == "de"
