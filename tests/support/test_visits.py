"""Visits of staff: approved by the organisation, read-only, seen by it, over at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail as outbox
from django.db import InternalError, connection, transaction
from django.test import Client
from django.utils import timezone

from apps.console import views
from apps.core.errors import Conflict, Denied
from apps.organisations.models import Approval, AuditEvent, Membership, Organisation
from apps.organisations.roles import Role
from apps.organisations.services import Actor, approval_decide
from apps.support.models import Visit, VisitLook
from apps.support.services import visit_begin, visit_break_glass, visit_request, visits_end
from apps.support.services.visits import PERMISSION
from apps.users.models import User
from tests.organisations.people import by, member
from tests.organisations.programs import signed_in
from tests.permissions.routes import routes
from tests.permissions.tables import changed, contents
from tests.world import World

pytestmark = pytest.mark.django_db
WHY = "Your ticket 4711 about a job that hangs"


@pytest.fixture
def sam(world: World) -> User:
    """A superuser of the platform's own people."""
    return User.objects.create_user("sam@nosana-web.example", name="Sam", is_staff=True, is_superuser=True)


def asked(world: World, sam: User, **more: Any) -> Visit:
    """Let Sam ask Acme to look in as Mia."""
    facts: dict[str, Any] = {
        "staff": sam,
        "organisation": world.acme,
        "member_id": member(world.mia).pk,
        "reason": WHY,
        "minutes": 30,
        "actor": Actor(kind="staff", user=sam),
        "now": timezone.now(),
    }
    return visit_request(**facts | more)


def approved(world: World, visit: Visit) -> Visit:
    """Let Olga approve it."""
    assert visit.approval is not None
    approval_decide(approval_id=visit.approval.pk, approve=True, **by(world.olga))
    visit.refresh_from_db()
    return visit


def visiting(world: World, sam: User) -> tuple[Client, Visit]:
    """Return a browser in which an approved visit has begun."""
    visit = approved(world, asked(world, sam))
    browser = world.client(sam)
    answer = browser.post(f"/admin/visits/{visit.pk}/begin/")
    assert answer.headers["Location"] == "/o/acme/"
    visit.refresh_from_db()
    return browser, visit


def acts(world: World) -> list[str]:
    """Return what the trail tells of visits."""
    events = AuditEvent.objects.filter(organisation=world.acme, act__startswith="visit.").order_by("id")
    return [event.act for event in events]


def test_without_the_organisations_yes_nothing_begins(world: World, sam: User) -> None:
    visit = asked(world, sam)
    browser = world.client(sam)
    assert browser.post(f"/admin/visits/{visit.pk}/begin/").status_code == 409
    assert browser.get("/o/acme/").status_code == 404
    assert visit.approval is not None
    approval_decide(approval_id=visit.approval.pk, approve=False, **by(world.adam))
    assert browser.post(f"/admin/visits/{visit.pk}/begin/").status_code == 409


def test_owner_and_admins_are_asked_by_mail_and_on_a_page(
    world: World, sam: User, drain: Callable[[], int]
) -> None:
    visit = asked(world, sam)
    drain()
    assert {m.to[0] for m in outbox.outbox} == {world.olga.email, world.adam.email}
    assert WHY in str(outbox.outbox[0].body)
    assert visit.approval is not None
    page = world.client(world.olga).get(f"/o/acme/settings/approvals/{visit.approval.pk}/").content.decode()
    assert "looks around as Mia for 30 minutes" in page
    assert world.client(world.mia).get("/o/acme/settings/staff-access/").status_code == 403


def test_staff_sees_what_the_member_sees_under_a_banner_and_the_trail_names_each_page(
    world: World, sam: User
) -> None:
    browser, visit = visiting(world, sam)
    for _again in range(2):
        page = browser.get("/o/acme/").content.decode()
        assert "you look into Acme as Mia" in page
    assert "you look into" in browser.get("/organisations/new/").content.decode()
    browser.post(f"/admin/visits/{visit.pk}/end/")
    assert acts(world) == ["visit.began", "visit.looked", "visit.ended"]
    looked, ended = AuditEvent.objects.filter(act__in=["visit.looked", "visit.ended"]).order_by("id")
    assert (looked.actor_kind, looked.user_id, looked.acting_as_id) == ("staff", sam.pk, world.mia.pk)
    assert looked.after == {"page": "/o/acme/"}
    assert ended.after["pages"] == ["/o/acme/"]
    assert browser.get("/o/acme/").status_code == 404


def test_only_the_visited_organisation_opens(world: World, sam: User) -> None:
    Membership.objects.create(organisation=world.other, user=world.mia, role=Role.VIEWER)
    browser, _visit = visiting(world, sam)
    assert browser.get("/o/acme/").status_code == 200
    assert browser.get("/o/xenon/").status_code == 404  # Mia's, too, but not visited


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written_by_any_method(world: World, sam: User, method: str) -> None:
    browser, _visit = visiting(world, sam)
    before = contents()
    for path in ("/o/acme/jobs/new/", "/o/acme/settings/", "/o/acme/keys/new/", "/api/v1/organisations/acme"):
        answer = getattr(browser, method)(path, {}, content_type="application/json")
        assert answer.status_code == 403, path
    assert changed(before) == []


def test_no_page_writes_or_breaks_and_keys_and_webhooks_stay_shut(world: World, sam: User) -> None:
    visit = approved(world, asked(world, sam, member_id=member(world.olga).pk))
    browser = world.client(sam)
    browser.post(f"/admin/visits/{visit.pk}/begin/")
    pages = [route for route in routes() if route.kwargs == ("slug",)]
    assert len(pages) > 30
    for route in pages:
        VisitLook.objects.get_or_create(
            visit=visit, path=route.path({"slug": "acme"}), defaults={"at": timezone.now()}
        )
    before = contents()
    for route in pages:
        answer = browser.get(route.path({"slug": "acme"}))
        assert answer.status_code in (200, 302, 403, 404, 405, 429), f"{route.name} answered {answer.status_code}"
    assert changed(before) == []
    for path in ("/o/acme/keys/", "/o/acme/webhooks/", "/o/acme/settings/sign-in/"):
        assert browser.get(path).status_code in (403, 404)


def test_the_database_itself_holds_a_visit_to_reading(world: World) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        with pytest.raises(InternalError):
            Organisation.objects.filter(pk=world.acme.pk).update(name="Changed")
        transaction.set_rollback(True)


def test_a_page_that_would_write_on_a_visit_is_refused_by_the_database(
    world: World, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _visit = visiting(world, sam)
    found = views.page_grant

    def writes(request: Any, slug: str, *more: Any) -> Any:
        Organisation.objects.filter(slug=slug).update(name="Changed")
        return found(request, slug, *more)

    monkeypatch.setattr(views, "page_grant", writes)
    answer = browser.get("/o/acme/")
    assert answer.status_code == 403
    assert "would write something" in answer.content.decode()


def test_the_organisation_ends_it_at_once(world: World, sam: User) -> None:
    browser, visit = visiting(world, sam)
    assert browser.get("/o/acme/").status_code == 200
    page = world.client(world.adam).get("/o/acme/settings/staff-access/").content.decode()
    assert WHY in page
    world.client(world.adam).post(f"/o/acme/settings/staff-access/{visit.pk}/end/")
    assert browser.get("/o/acme/").status_code == 404
    visit.refresh_from_db()
    assert visit.ended_how == Visit.How.REVOKED


def test_its_time_ends_it_also_without_another_request(world: World, sam: User) -> None:
    browser, visit = visiting(world, sam)
    Visit.objects.filter(pk=visit.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser.get("/o/acme/").status_code == 404
    assert acts(world)[-1] == "visit.ended"
    _other, second = visiting(world, sam)
    assert visits_end(now=second.expires_at + timedelta(seconds=1)) == 1  # type: ignore[operator]
    assert visits_end(now=second.expires_at + timedelta(seconds=1)) == 0  # type: ignore[operator]
    second.refresh_from_db()
    assert second.ended_how == Visit.How.EXPIRED


def test_signing_out_ends_it(world: World, sam: User) -> None:
    browser, visit = visiting(world, sam)
    browser.post("/accounts/logout/")
    visit.refresh_from_db()
    assert visit.ended_how == Visit.How.SIGNED_OUT


def test_another_browser_of_the_same_person_sees_nothing(world: World, sam: User) -> None:
    visiting(world, sam)
    assert world.client(sam).get("/o/acme/").status_code == 404


def test_an_approval_is_good_for_a_day_and_one_visit(world: World, sam: User) -> None:
    visit = approved(world, asked(world, sam))
    facts: dict[str, Any] = {"staff": sam, "visit_id": visit.pk, "actor": Actor(kind="staff", user=sam)}
    with pytest.raises(Conflict):
        visit_begin(**facts, now=timezone.now() + timedelta(hours=25))
    browser = world.client(sam)
    browser.post(f"/admin/visits/{visit.pk}/begin/")
    browser.post(f"/admin/visits/{visit.pk}/end/")
    assert browser.post(f"/admin/visits/{visit.pk}/begin/").status_code == 409


def test_the_glass_is_broken_by_superusers_with_a_reason_and_everybody_hears_of_it(
    world: World, sam: User, drain: Callable[[], int], settings: Any
) -> None:
    body = {"organisation": "acme", "member": world.mia.email, "minutes": 10, "break_glass": "on"}
    browser = world.client(sam)
    assert browser.post("/admin/visits/", body).status_code == 422
    answer = browser.post("/admin/visits/", body | {"reason": "Money leaks right now, nobody answers"})
    assert answer.headers["Location"] == "/o/acme/"
    assert browser.get("/o/acme/").status_code == 200
    drain()
    told = {m.to[0] for m in outbox.outbox}
    assert told == {world.olga.email, world.adam.email, settings.STAFF_EMAIL}
    assert acts(world)[:2] == ["visit.glass_broken", "visit.began"]


def test_who_may_ask_may_not_break_the_glass(world: World, sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_superuser=False)
    sam.user_permissions.add(Permission.objects.get(codename=PERMISSION.split(".")[1]))
    asking = User.objects.get(pk=sam.pk)
    facts = {"organisation": world.acme, "member_id": member(world.mia).pk, "reason": WHY, "minutes": 30}
    actor, now = Actor(kind="staff", user=asking), timezone.now()
    with pytest.raises(Denied, match="superuser"):
        visit_break_glass(staff=asking, actor=actor, now=now, **facts)
    assert not Visit.objects.exists()
    assert asked(world, asking).began_at is None


def test_other_staff_breaks_no_glass_and_strangers_ask_for_nothing(world: World, sam: User) -> None:
    facts: dict[str, Any] = {
        "organisation": world.acme,
        "member_id": member(world.mia).pk,
        "reason": WHY,
        "minutes": 30,
        "actor": Actor.system(),
        "now": timezone.now(),
    }
    User.objects.filter(pk=sam.pk).update(is_superuser=False)
    for staff in (User.objects.get(pk=sam.pk), world.xena):
        for act in (visit_break_glass, visit_request):
            with pytest.raises(Denied):
                act(staff=staff, **facts)
    assert not Visit.objects.exists()
    assert not Approval.objects.exists()


def test_a_program_reads_the_visits_and_ends_one_at_once(world: World, sam: User) -> None:
    visit = approved(world, asked(world, sam))
    olga, place = signed_in(world.olga), "/api/v1/organisations/acme/visits"
    (seen,) = olga.get(place).json()["items"]
    assert (seen["staff"], seen["reason"], seen["ended_how"], seen["pages"]) == (sam.email, WHY, "", 0)
    mia = signed_in(world.mia)
    assert [mia.get(place).status_code, mia.post(f"{place}/{visit.pk}/revoke", {}).status_code] == [403, 403]
    assert signed_in(world.xena).post(f"{place}/{visit.pk}/revoke", {}).status_code == 404
    ended = [olga.post(f"{place}/{visit.pk}/revoke", {}).json() for _ in range(2)]
    assert ended[0] == ended[1]
    assert ended[0]["ended_how"] == "revoked"
    assert AuditEvent.objects.filter(act="visit.ended").count() == 1
