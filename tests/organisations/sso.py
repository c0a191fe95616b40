"""Short ways to set an organisation's own sign-in up, and to come in by it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client
from django.utils import timezone

from apps.organisations.models import Domain, Organisation, Provider
from apps.organisations.services.sign_in import provider_set
from apps.organisations.services.sign_in.providers import ProviderWanted
from apps.support.models import Visit, VisitLook
from apps.users.models import User
from sandbox.oidc.app import CLIENT_ID, CLIENT_SECRET, application
from sandbox.serving import address_of, listen
from tests.organisations.people import by
from tests.users.people import person, serve_on
from tests.world import World


@contextmanager
def oidc() -> Iterator[str]:
    """Run an organisation's sign-in; yield its address."""
    taken = listen(0)
    with serve_on(taken, application(address_of(taken))) as url:
        yield url


def lies(url: str, **facts: Any) -> None:
    """Let the sign-in say something else from now on."""
    httpx.post(f"{url}/_sandbox/oidc", json=facts, trust_env=False).raise_for_status()


def proven(organisation: Organisation, name: str = "acme.example", join_role: str = "") -> Domain:
    """Return a domain that the organisation has proven."""
    now = timezone.now()
    facts = {"created_at": now, "verified_at": now, "verified_by": "dns", "join_role": join_role, "token": "t"}
    return Domain.objects.create(organisation=organisation, name=name, **facts)


def domain_of(organisation: Organisation) -> Domain:
    """Return a domain that the organisation has named and not proven."""
    facts = {"created_at": timezone.now(), "token": "t"}
    return Domain.objects.create(organisation=organisation, name=f"{organisation.slug}.example", **facts)


def visit_of(organisation: Organisation) -> Visit:
    """Return a visit that Sam of the platform's own people asked for."""
    sam = User.objects.filter(is_staff=True).first()
    assert sam is not None
    facts = {"reason": "Your ticket 4711", "created_at": timezone.now()}
    owner = organisation.memberships.get(role="owner").user
    return Visit.objects.create(organisation=organisation, staff=sam, member=owner, **facts)


def provider_of(owner: User, issuer: str) -> Provider:
    """Let the owner set the organisation's own sign-in."""
    wanted = ProviderWanted(kind="openid_connect", issuer=issuer, client_id=CLIENT_ID, secret=CLIENT_SECRET)
    return provider_set(**by(owner), wanted=wanted)


def sent_to(browser: Client, slug: str = "acme", next_url: str = "") -> str:
    """Begin to sign in by the organisation; return where the browser is sent."""
    answer = browser.post(f"/sign-in/?organisation={slug}", {"next": next_url} if next_url else {})
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.content.decode())
    assert found is not None, answer.content.decode()[-2000:]
    return unescape(found[1])


def came_back(url: str, email: str) -> str:
    """Sign in there as the person; return where the browser is sent back to, without the host."""
    answer = httpx.post(url, data={"email": email}, trust_env=False)
    assert answer.status_code == 303, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def sso(browser: Client, email: str, slug: str = "acme") -> Any:
    """Sign in by the organisation as the person; return the last answer."""
    return browser.get(came_back(sent_to(browser, slug), email), follow=True)


def sign_in_scene(world: World) -> None:
    """Give Acme two domains, an own sign-in and two visits, and Olga a password, for pictures."""
    proven(world.acme, join_role="developer")
    Domain.objects.create(
        organisation=world.acme, name="acme-labs.example", token="3f1c" * 8, created_at=timezone.now()
    )
    provider_of(world.olga, "https://login.acme.example")
    person(world.olga.email)
    visit_of(world.acme)
    now = timezone.now()
    over = {"approved_at": now, "began_at": now, "expires_at": now, "ended_at": now, "ended_how": "staff"}
    visit = visit_of(world.acme)
    Visit.objects.filter(pk=visit.pk).update(**over)
    VisitLook.objects.create(visit=visit, path="/o/acme/jobs/", at=now)
