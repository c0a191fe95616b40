"""Proven domains are looked at again; whoever manages sign-ins is told what becomes of them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.models import Mail
from apps.notifications.models import Event
from apps.organisations.models import AuditEvent, Domain
from apps.organisations.services import Actor
from apps.organisations.services.sign_in import address_joins, domain_join_set, domains_recheck, sign_in_policy_set
from apps.users.models import User
from apps.users.ways import Ways
from tests.organisations.keys import key_make
from tests.organisations.people import by
from tests.organisations.programs import ACME, Program, refused
from tests.organisations.sso import domain_of, proven
from tests.users.people import person
from tests.world import World

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Says = Callable[[list[str] | None], None]


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Says:
    """What DNS says from now on; None: it does not answer."""

    def says(records: list[str] | None) -> None:
        monkeypatch.setattr("apps.organisations.dns.txt_records", lambda *, name: records)

    return says


def test_a_lost_record_warns_first_and_ends_the_proof_after_a_week(
    world: World, dns: Says, drain: Callable[[], int]
) -> None:
    domain, now = proven(world.acme, join_role="viewer"), timezone.now()
    dns(["v=spf1 -all"])
    assert domains_recheck(now=now) == 1
    assert domains_recheck(now=now) == 0  # once a day
    domain.refresh_from_db()
    assert (domain.missing_since, domain.verified_by) == (now, "dns")
    assert world.client(world.olga).get("/o/acme/settings/sign-in/").content.count(b"DNS no longer has") == 1
    domains_recheck(now=now + 3 * DAY)
    assert Domain.objects.get().verified_at is not None
    domains_recheck(now=now + 8 * DAY)
    domain.refresh_from_db()
    assert (domain.verified_at, domain.verified_by, domain.join_role, domain.missing_since) == (None, "", "", None)
    drain()
    told = Event.objects.filter(type__startswith="domain.").order_by("pk")
    assert [(one.type, one.data["name"]) for one in told] == [
        ("domain.missing", "acme.example"),
        ("domain.lost", "acme.example"),
    ]
    assert list(AuditEvent.objects.filter(act="domain.lost").values_list("actor_kind", flat=True)) == ["system"]


def test_a_record_that_comes_back_or_dns_that_is_silent_changes_nothing(world: World, dns: Says) -> None:
    domain, now = proven(world.acme, join_role="viewer"), timezone.now()
    dns([])
    domains_recheck(now=now)
    dns([domain.record_text])
    domains_recheck(now=now + 2 * DAY)
    assert Domain.objects.get().missing_since is None
    dns(None)
    assert domains_recheck(now=now + 30 * DAY) == 0
    assert Domain.objects.get().verified_at == domain.verified_at


def test_what_staff_proved_is_not_asked_for(world: World, dns: Says) -> None:
    named = domain_of(world.acme)
    sam = User.objects.create_superuser("sam@nosana-web.example")
    world.client(sam).post("/admin/organisations/domain/", {"action": "prove", "_selected_action": str(named.pk)})
    domain = Domain.objects.get()
    assert domain.verified_by == "staff"
    assert AuditEvent.objects.get(act="domain.proven").actor_kind == "staff"
    dns([])
    assert domains_recheck(now=timezone.now() + 30 * DAY) == 0
    assert Domain.objects.get().verified_at is not None


def test_owner_and_admins_are_mailed_when_a_rule_changes_and_told_who_joined(
    world: World, drain: Callable[[], int]
) -> None:
    domain = proven(world.acme)
    rule = {"second_factor_required": True, "sso_only": False, "ways": Ways(True, frozenset(), True)}
    for _again in range(2):
        sign_in_policy_set(**by(world.olga), **rule)
    acting = {"acting": by(world.olga)["membership"], "actor": Actor.person(world.olga), "now": timezone.now()}
    domain_join_set(**acting, domain_id=domain.pk, role="viewer")
    nina = person("nina@acme.example", name="Nina")
    address_joins(user=nina, email=nina.email, now=timezone.now())
    drain()
    told = {(one.type, one.data.get("what", one.data.get("name"))) for one in Event.objects.all()}
    assert told == {
        ("sign_in.changed", "what a sign-in needs"),
        ("sign_in.changed", "who joins by a domain"),
        ("member.let_in", "Nina"),
    }
    assert {one.to for one in Mail.objects.filter(subject__contains="Sign-in was changed")} <= {
        "olga@acme.example",
        "adam@acme.example",
    }


def test_programs_name_prove_open_and_remove_domains(world: World, dns: Says) -> None:
    admin = Program(key_make(world.adam, "organisation.view", "organisation.edit").token)
    made = admin.post(f"{ACME}/domains", {"name": "Acme.Example."})
    assert (made.status_code, made.json()["name"], made.json()["verified_at"]) == (201, "acme.example", None)
    one = f"{ACME}/domains/{made.json()['id']}"
    refused(admin.post(f"{one}/check", {}), 409, "domain_unproven", "no TXT record")
    refused(admin.send("PATCH", one, {"join_role": "viewer"}), 409, "domain_unproven")
    dns([made.json()["record_text"]])
    assert admin.post(f"{one}/check", {}).json()["verified_by"] == "dns"
    refused(admin.send("PATCH", one, {"join_role": "admin"}), 422, "role_unknown")
    assert admin.send("PATCH", one, {"join_role": "viewer"}).json()["join_role"] == "viewer"
    assert [row["name"] for row in admin.get(f"{ACME}/domains").json()["items"]] == ["acme.example"]
    assert admin.get(f"{ACME}/sign-in").json() == {
        "second_factor_required": False,
        "sso_only": False,
        "provider": None,
        "issuer": None,
    }
    assert admin.post(f"{one}/remove", {}).status_code == 200
    assert not Domain.objects.exists()


def test_others_neither_see_nor_name_domains(world: World) -> None:
    named = domain_of(world.acme)
    mia = Program(key_make(world.mia, "organisation.view").token)
    xena = Program(key_make(world.xena, "organisation.view", "organisation.edit").token)
    for program, status in ((mia, 403), (xena, 404)):
        assert program.post(f"{ACME}/domains", {"name": "a.example"}).status_code == status
        assert program.post(f"{ACME}/domains/{named.pk}/remove", {}).status_code == status
    assert [one.pk for one in Domain.objects.all()] == [named.pk]
