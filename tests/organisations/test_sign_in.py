"""What an organisation asks of a sign-in, its domains, and who sets both."""

import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.errors import Conflict, Denied
from apps.organisations.models import ApiKey, AuditEvent, Domain, Grant, Membership, Organisation
from apps.organisations.roles import Role
from apps.organisations.services import Actor, api_key_create
from apps.organisations.services.sign_in import (
    address_joins,
    domain_add,
    domain_check,
    domain_join_set,
    domain_prove,
    domain_remove,
    sign_in_policy_set,
)
from apps.organisations.services.sign_in.policies import WouldLockOut
from apps.users.models import User
from apps.users.ways import Ways
from tests.organisations.people import by, member
from tests.organisations.sso import domain_of, proven
from tests.users.people import person, signed_in
from tests.users.test_factors import app_set_up
from tests.world import World, signed_in_mark

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/settings/sign-in/"
WITH_FACTOR = Ways(own=True, organisations=frozenset(), second_factor=True)
PLAIN = Ways(own=True, organisations=frozenset(), second_factor=False)


def acting(world: World, name: str = "olga") -> dict[str, Any]:
    """Return what an act on domains wants to know."""
    facts = by(getattr(world, name))
    return {"acting": facts.pop("membership"), **facts}


def require_factor(world: World) -> None:
    """Let Acme ask everybody for a second factor."""
    Organisation.objects.filter(pk=world.acme.pk).update(second_factor_required=True)


def factored(client: Client, world: World, name: str = "mia") -> Client:
    """Let the browser say that a second factor was used."""
    signed_in_mark(client, getattr(world, name), method="mfa")
    return client


# --- second factor


def test_without_a_second_factor_nothing_there_opens_and_the_page_says_what_to_do(world: World) -> None:
    require_factor(world)
    browser = world.client(world.mia)
    for path in ("/o/acme/", "/o/acme/jobs/", "/o/acme/settings/", "/api/v1/organisations/acme/jobs"):
        answer = browser.get(path)
        assert answer.status_code == 403, path
    page = browser.get("/o/acme/").content.decode()
    assert "you have none; set one up" in page
    assert "/accounts/2fa/" in page
    assert "Balance" not in page
    assert world.client(world.xena).get("/o/xenon/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_with_one_it_opens_at_once_also_right_after_setting_it_up(world: World) -> None:
    require_factor(world)
    browser = signed_in(person(world.mia.email))
    assert browser.get("/o/acme/").status_code == 403
    app_set_up(browser)
    assert browser.get("/o/acme/").status_code == 200
    elsewhere = world.client(User.objects.get(pk=world.mia.pk))
    answer = elsewhere.get("/o/acme/")
    assert answer.status_code == 403
    assert "you signed in without one; confirm yours" in answer.content.decode()


def test_the_frame_of_other_pages_shows_nothing_of_what_is_shut(world: World) -> None:
    browser = world.client(world.mia)
    assert browser.get("/o/acme/").status_code == 200
    assert "/o/acme/jobs/" in browser.get("/o/xenon/").content.decode()
    require_factor(world)
    assert "/o/acme/jobs/" not in browser.get("/o/xenon/").content.decode()


def test_keys_of_the_api_go_on(world: World) -> None:
    made = api_key_create(
        grant=Grant.of_member(member(world.mia)),
        name="CI",
        kind=ApiKey.Kind.PERSONAL,
        scopes=["jobs.view"],
        actor=Actor.person(world.mia),
        now=timezone.now(),
    )
    Organisation.objects.filter(pk=world.acme.pk).update(second_factor_required=True, sso_only=True)
    program = Client(headers={"Authorization": f"Bearer {made.token}"})
    assert program.get("/api/v1/organisations/acme/jobs").status_code == 200


def test_nobody_locks_themselves_out(world: World) -> None:
    with pytest.raises(WouldLockOut):
        sign_in_policy_set(**by(world.olga), second_factor_required=True, sso_only=False, ways=PLAIN)
    with pytest.raises(WouldLockOut):
        sign_in_policy_set(**by(world.olga), second_factor_required=False, sso_only=True, ways=WITH_FACTOR)
    world.acme.refresh_from_db()
    assert not world.acme.second_factor_required
    assert not AuditEvent.objects.filter(act="sign_in.policy_set").exists()


def test_the_rule_is_set_once_and_told_in_the_trail(world: World) -> None:
    for _again in range(2):
        sign_in_policy_set(**by(world.adam), second_factor_required=True, sso_only=False, ways=WITH_FACTOR)
    event = AuditEvent.objects.get(act="sign_in.policy_set")
    assert (event.before, event.after) == ({"second_factor_required": False}, {"second_factor_required": True})


@pytest.mark.parametrize("name", ["bea", "mia", "victor"])
def test_other_roles_set_no_rule(world: World, name: str) -> None:
    with pytest.raises(Denied):
        sign_in_policy_set(
            **by(getattr(world, name)), second_factor_required=True, sso_only=False, ways=WITH_FACTOR
        )


def test_only_the_owner_decides_about_the_organisations_own_sign_in(world: World) -> None:
    with pytest.raises(Denied):
        sign_in_policy_set(**by(world.adam), second_factor_required=False, sso_only=True, ways=WITH_FACTOR)
    assert world.client(world.adam).get(PAGE + "provider/").status_code == 403


def test_the_owner_with_a_second_factor_can_mend_a_broken_sign_in_and_nothing_else(world: World) -> None:
    Organisation.objects.filter(pk=world.acme.pk).update(sso_only=True)
    browser = factored(world.client(world.olga), world, "olga")
    assert browser.get("/o/acme/").status_code == 403
    assert browser.get(PAGE).status_code == 200
    assert world.client(world.olga).get(PAGE).status_code == 403
    assert factored(world.client(world.adam), world, "adam").get(PAGE).status_code == 403
    assert browser.post(PAGE + "rules/", {}).status_code == 302
    world.acme.refresh_from_db()
    assert not world.acme.sso_only


# --- domains


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Acme.Example", "acme.example"),
        (" @acme.example. ", "acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_kept_as_dns_writes_it(world: World, typed: str, kept: str) -> None:
    assert domain_add(**acting(world), name=typed).name == kept
    domain_add(**acting(world), name=typed)
    assert world.acme.domains.count() == 1


@pytest.mark.parametrize(
    "typed",
    ["", "acme", "a b.example", "-a.example", "a..example", "1.2.3.4", "x" * 300, "a_b.example", "é\u0000.com"],
)
def test_what_is_no_domain_is_refused_with_a_sentence(world: World, typed: str) -> None:
    answer = world.client(world.olga).post(PAGE + "domains/", {"name": typed})
    assert answer.status_code == 422
    assert not Domain.objects.exists()


def test_a_domain_is_proven_by_its_own_record_and_by_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = domain_add(**acting(world), name="acme.example")
    browser, check = world.client(world.adam), f"{PAGE}domains/{domain.pk}/check/"
    said: list[str] = []
    asked: list[str] = []

    def records(*, name: str) -> list[str]:
        asked.append(name)
        return said

    monkeypatch.setattr("apps.organisations.dns.txt_records", records)
    for wrong in ([], ["v=spf1 -all"], ["nosana-web-verification=0000"]):
        said[:] = wrong
        browser.post(check)
        domain.refresh_from_db()
        assert domain.verified_at is None
    said[:] = ["v=spf1 -all", f"nosana-web-verification={domain.token}"]
    browser.post(check)
    domain.refresh_from_db()
    assert domain.verified_by == "dns"
    assert set(asked) == {"_nosana-web.acme.example"}
    assert AuditEvent.objects.filter(act="domain.proven").count() == 1


def test_a_domain_is_proven_by_one_organisation_only(world: World) -> None:
    proven(world.acme)
    theirs = Domain.objects.create(
        organisation=world.other, name="acme.example", token="t", created_at=timezone.now()
    )
    with pytest.raises(Conflict):
        domain_prove(
            organisation=world.other,
            domain_id=theirs.pk,
            by=Domain.By.STAFF,
            actor=Actor.system(),
            now=timezone.now(),
        )


def test_whoever_confirms_an_address_of_an_open_domain_becomes_a_member_once(world: World) -> None:
    domain = proven(world.acme)
    domain_join_set(**acting(world), domain_id=domain.pk, role="viewer")
    nina = person("nina@acme.example")
    for _again in range(2):
        address_joins(user=nina, email=nina.email, now=timezone.now())
    address_joins(user=world.xena, email="xena@sub.acme.example", now=timezone.now())
    assert Membership.objects.get(user=nina).role == Role.VIEWER
    assert not Membership.objects.filter(user=world.xena, organisation=world.acme).exists()
    assert AuditEvent.objects.filter(act="member.joined").count() == 1


def test_members_stay_what_they_are_and_a_shut_domain_lets_nobody_in(world: World) -> None:
    proven(world.acme, join_role="viewer")
    address_joins(user=world.adam, email="adam@acme.example", now=timezone.now())
    assert member(world.adam).role == Role.ADMIN
    Domain.objects.update(join_role="")
    nina = person("nina@acme.example")
    address_joins(user=nina, email=nina.email, now=timezone.now())
    assert not nina.memberships.exists()


@pytest.mark.parametrize("role", ["owner", "admin", "king"])
def test_nobody_joins_with_a_role_that_commands(world: World, role: str) -> None:
    domain = proven(world.acme)
    answer = world.client(world.olga).post(f"{PAGE}domains/{domain.pk}/join/", {"role": role})
    assert answer.status_code == 422
    domain.refresh_from_db()
    assert domain.join_role == ""


def test_an_unproven_domain_opens_nothing(world: World) -> None:
    domain = domain_of(world.acme)
    with pytest.raises(Conflict):
        domain_join_set(**acting(world), domain_id=domain.pk, role="viewer")


def test_the_last_domain_stays_while_the_own_sign_in_is_the_only_way(world: World) -> None:
    domain = proven(world.acme)
    Organisation.objects.filter(pk=world.acme.pk).update(sso_only=True)
    with pytest.raises(Conflict):
        domain_remove(**acting(world), domain_id=domain.pk)
    domain_check(**acting(world), domain_id=domain.pk)
    Organisation.objects.filter(pk=world.acme.pk).update(sso_only=False)
    domain_remove(**acting(world), domain_id=domain.pk)
    assert not Domain.objects.exists()


# --- proving anew that it is you


def stale(world: World, name: str) -> Client:
    """Return a browser in which the person signed in long ago."""
    user = person(getattr(world, name).email)
    browser = world.client(user)
    signed_in_mark(browser, user, at=time.time() - 86_400)
    return browser


@pytest.mark.parametrize(
    "path", ["/o/acme/keys/new/", "/o/acme/settings/owner/", "/o/acme/settings/sign-in/provider/"]
)
def test_what_matters_most_asks_anew_after_a_quarter_of_an_hour(world: World, path: str) -> None:
    browser = stale(world, "olga")
    answer = browser.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    back = browser.post(answer.headers["Location"], {"password": "correct horse battery"})
    assert back.headers["Location"] == path
    assert browser.get(path).status_code == 200


def test_a_form_that_was_sent_too_late_is_kept_and_done_after_the_question(world: World) -> None:
    browser = stale(world, "olga")
    asked = browser.post(PAGE + "rules/", {})
    assert asked.status_code == 302
    done = browser.post(asked.headers["Location"], {"password": "correct horse battery"})
    assert done.headers["Location"] == PAGE


@pytest.mark.parametrize(
    ("stood_on", "leads_to"),
    [
        (f"http://testserver{PAGE}", f"http://testserver{PAGE}"),
        ("", "/o/acme/"),
        ("https://evil.example/", "/o/acme/"),
    ],
)
def test_a_proof_given_twice_leads_to_where_the_form_stood(world: World, stood_on: str, leads_to: str) -> None:
    browser = stale(world, "olga")
    asked = browser.post(PAGE + "rules/", {}, headers={"referer": stood_on}).headers["Location"]
    for _again in range(2):
        answer = browser.post(asked, {"password": "correct horse battery"}, follow=True)
    assert answer.redirect_chain[-1][0] == leads_to
    assert answer.status_code == 200
    assert browser.get(PAGE + "domains/").status_code == 405


def test_a_script_in_an_old_session_makes_no_key(world: World) -> None:
    browser = stale(world, "mia")
    body = {"name": "x", "scopes": ["jobs.view"]}
    answer = browser.post("/api/v1/organisations/acme/keys", body, content_type="application/json")
    assert answer.status_code == 403
    assert answer.json()["code"] == "reauthentication_needed"
    assert not ApiKey.objects.exists()
