"""An organisation's own sign-in, in its real protocol: whom it lets in, and what it cannot do."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone

from apps.organisations.models import AuditEvent, Membership, Organisation
from apps.organisations.services.sign_in import provider_remove
from apps.users.models import User
from tests.organisations.people import by, invited
from tests.organisations.sso import came_back, lies, oidc, proven, provider_of, sent_to, sso
from tests.users.people import person, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def idp(world: World) -> Iterator[str]:
    """Acme's sign-in, which may speak for acme.example."""
    with oidc() as url:
        provider_of(world.olga, url)
        proven(world.acme)
        yield url


def reads(answer: Any) -> str:
    """Return the words of a page."""
    return " ".join(answer.content.decode().replace("&#x27;", "'").split())


def test_a_member_comes_in_by_it_to_their_own_account(world: World, idp: str) -> None:
    person(world.mia.email)
    browser = Client()
    answer = sso(browser, world.mia.email)
    assert answer.redirect_chain[-1][0] == "/o/acme/"
    assert answer.context["user"] == world.mia
    again = sso(Client(), world.mia.email)
    assert again.context["user"] == world.mia
    assert SocialAccount.objects.filter(user=world.mia).count() == 1


def test_such_a_session_opens_this_organisation_and_no_other(world: World, idp: str) -> None:
    person(world.mia.email)
    Membership.objects.create(organisation=world.other, user=world.mia, role="viewer")
    browser = Client()
    sso(browser, world.mia.email)
    assert browser.get("/o/acme/").status_code == 200
    refused = browser.get("/o/xenon/")
    assert refused.status_code == 403
    assert "opens that organisation and no other" in reads(refused)
    assert browser.get("/api/v1/organisations/xenon").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/set/",
        "/accounts/email/",
        "/accounts/2fa/",
        "/accounts/3rdparty/",
        "/identity/o/device",
        "/account/data/export/",
        "/account/data/erase/",
    ],
)
def test_nor_does_it_reach_what_opens_the_persons_account(world: World, idp: str, path: str) -> None:
    person(world.mia.email)
    browser = Client()
    sso(browser, world.mia.email)
    for answer in (browser.get(path), browser.post(path, {"confirmation": world.mia.email})):
        assert answer.status_code == 403
        assert "your own" in reads(answer)


def test_an_address_outside_the_proven_domains_is_nobody(world: World, idp: str) -> None:
    person("xena@xenon.example")
    answer = sso(Client(), "xena@xenon.example")
    assert answer.status_code == 403
    assert "has not proven that domain" in reads(answer)
    assert not SocialAccount.objects.exists()


def test_a_domain_that_is_only_named_proves_nothing(world: World, idp: str) -> None:
    world.acme.domains.update(verified_at=None)
    person(world.mia.email)
    assert sso(Client(), world.mia.email).status_code == 403


def test_a_stranger_of_the_domain_is_let_in_only_where_it_is_open(world: World, idp: str) -> None:
    answer = sso(Client(), "nina@acme.example")
    assert "ask an owner or admin there to invite you" in reads(answer)
    assert not User.objects.filter(email="nina@acme.example").exists()
    world.acme.domains.update(join_role="developer")
    browser = Client()
    answer = sso(browser, "nina@acme.example")
    assert answer.redirect_chain[-1][0] == "/o/acme/"
    member = Membership.objects.get(user__email="nina@acme.example")
    assert (member.role, member.organisation) == ("developer", world.acme)
    assert not member.user.has_usable_password()
    assert AuditEvent.objects.filter(act="member.joined", subject=f"member:{member.pk}").count() == 1


def test_an_invited_one_may_come_in_and_take_the_place(world: World, idp: str) -> None:
    invited(world.olga, "nina@acme.example")
    browser = Client()
    sso(browser, "nina@acme.example")
    assert User.objects.filter(email="nina@acme.example").exists()


def test_an_account_that_somebody_else_made_and_never_opened_loses_their_password(world: World, idp: str) -> None:
    squatter = User.objects.create_user("nina@acme.example", "the stranger's own")
    EmailAddress.objects.create(user=squatter, email=squatter.email, verified=False, primary=True)
    world.acme.domains.update(join_role="viewer")
    answer = sso(Client(), "nina@acme.example")
    assert answer.redirect_chain[-1][0] == "/o/acme/"
    squatter.refresh_from_db()
    assert not squatter.has_usable_password()


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "somebody-else"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"sub": "another"},
        {"userinfo": {"email_verified": False}},
        {"userinfo": {"email": ""}},
        {"userinfo": {"email": "olga@acme.example\u0000@evil.example"}},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_an_answer_that_is_not_for_us_or_not_sound_opens_nothing(
    world: World, idp: str, lie: dict[str, Any]
) -> None:
    person(world.mia.email)
    lies(idp, **lie)
    browser = Client()
    answer = sso(browser, world.mia.email)
    assert answer.status_code < 500
    assert browser.get("/o/acme/").status_code == 302
    assert not SocialAccount.objects.exists()


def test_an_answer_counts_once_and_in_the_browser_that_asked(world: World, idp: str) -> None:
    person(world.mia.email)
    browser, thief = Client(), Client()
    back = came_back(sent_to(browser), world.mia.email)
    thief.get(back, follow=True)
    assert thief.get("/o/acme/").status_code == 302
    back = came_back(sent_to(browser), world.mia.email)
    browser.get(back, follow=True)
    assert browser.get("/o/acme/").status_code == 200
    browser.post("/accounts/logout/")
    browser.get(back, follow=True)
    assert browser.get("/o/acme/").status_code == 302


def test_where_it_leads_afterwards_is_here(world: World, idp: str) -> None:
    person(world.mia.email)
    browser = Client()
    back = came_back(sent_to(browser, next_url="https://evil.example/"), world.mia.email)
    answer = browser.get(back)
    assert answer.headers["Location"].startswith("/")


def test_a_sign_in_that_does_not_answer_is_said(world: World) -> None:
    provider_of(world.olga, "http://127.0.0.1:1029")
    answer = Client().post("/sign-in/?organisation=acme")
    assert answer.status_code == 422
    assert "does not answer" in reads(answer)


@pytest.mark.parametrize(
    "issuer", ["http://10.0.0.1", "https://localhost.localdomain:22", "file:///etc/passwd", "x"]
)
def test_an_issuer_on_an_inner_network_is_refused(world: World, issuer: str) -> None:
    body = {"kind": "openid_connect", "issuer": issuer, "client_id": "x", "secret": "y"}
    answer = world.client(world.olga).post("/o/acme/settings/sign-in/provider/", body)
    assert answer.status_code == 422
    assert not Organisation.objects.filter(provider__isnull=False).exists()


def test_the_address_at_work_leads_to_the_right_sign_in(world: World, idp: str) -> None:
    answer = Client().post("/sign-in/", {"email": "Somebody@ACME.example"})
    assert idp in reads(answer)
    unknown = Client().post("/sign-in/", {"email": "somebody@nowhere.example"})
    assert "No organisation has set up a sign-in" in reads(unknown)


def test_with_sso_only_nothing_else_opens_the_organisation(world: World, idp: str) -> None:
    Organisation.objects.filter(pk=world.acme.pk).update(sso_only=True)
    person(world.mia.email)
    browser = signed_in(world.mia)
    answer = browser.get("/o/acme/")
    assert answer.status_code == 403
    assert "by its own sign-in only" in reads(answer)
    assert "Balance" not in reads(answer)
    sso(browser, world.mia.email)
    assert browser.get("/o/acme/").status_code == 200


def test_only_from_inside_can_the_owner_make_it_the_only_way(world: World, idp: str) -> None:
    person(world.olga.email)
    outside = signed_in(world.olga)
    rules = "/o/acme/settings/sign-in/rules/"
    assert outside.post(rules, {"sso_only": "on"}).status_code == 409
    inside = Client()
    sso(inside, world.olga.email)
    assert inside.post(rules, {"sso_only": "on"}).status_code == 302
    world.acme.refresh_from_db()
    assert world.acme.sso_only
    assert outside.get("/o/acme/").status_code == 403


def test_removing_the_sign_in_ends_what_it_opened(world: World, idp: str) -> None:
    person(world.mia.email)
    browser = Client()
    sso(browser, world.mia.email)
    provider_remove(**by(world.olga))
    assert browser.get("/o/acme/").status_code == 403
    assert not SocialAccount.objects.exists()


def test_another_issuer_is_another_sign_in_that_knows_nobody(world: World, idp: str) -> None:
    person(world.mia.email)
    sso(Client(), world.mia.email)
    old = world.acme.provider.key
    with oidc() as other:
        new = provider_of(world.olga, other)
    assert new.key != old
    assert not SocialAccount.objects.exists()
    assert timezone.now() >= new.created_at
