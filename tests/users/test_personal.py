"""A person takes along what there is about them, or has it erased; books, trails and digests stay whole."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.core.errors import AppError, Conflict
from apps.notifications.models import Event
from apps.notifications.services import event_emit
from apps.organisations.models import ApiKey, AuditDetail, AuditEvent, Grant, Membership
from apps.organisations.services import Actor, api_key_create, audit_days_close, member_role_change
from apps.payments.models import TopUp
from apps.users.models import SavedView, User
from apps.users.personal import person_erase, person_export
from tests.billing.money import grant
from tests.permissions.money import topup_of
from tests.world import PASSWORD, World

pytestmark = pytest.mark.django_db


def read(world: World, user: User) -> dict[str, list[dict[str, object]]]:
    with zipfile.ZipFile(person_export(user=user, now=timezone.now())) as package:
        assert package.testzip() is None
        return {name: json.loads(package.read(name)) for name in package.namelist() if name.endswith(".json")}


def signed_in(user: User) -> Client:
    """Return a browser in which the person has just typed the password."""
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return client


def stale(client: Client) -> None:
    """Let an hour pass since the person typed the password."""
    session = client.session
    for method in session["account_authentication_methods"]:
        method["at"] -= 3600
    session.save()


def test_the_file_has_all_that_names_the_person_and_no_secret(world: World) -> None:
    topup = topup_of(world.acme)
    files = read(world, world.olga)
    assert files["account.json"][0]["email"] == "olga@acme.example"
    assert "password" not in files["account.json"][0]
    assert [row["role"] for row in files["organisations.membership.user.json"]] == ["owner"]
    assert [row["id"] for row in files["payments.topup.user.json"]] == [str(topup.id)]
    assert "xena" not in json.dumps(files)


def test_erased_nothing_says_who_it_was_and_everything_still_adds_up(world: World) -> None:
    mia, now = world.mia, timezone.now()
    membership = Membership.objects.get(user=mia)
    owner = Membership.objects.get(user=world.olga, organisation=world.acme)
    grant(world.acme, 50_000_000)
    member_role_change(
        membership=owner, member_id=membership.pk, role="admin", actor=Actor.person(world.olga), now=now
    )
    membership.refresh_from_db()
    made = api_key_create(
        grant=Grant.of_member(membership),
        name="Hers",
        kind=ApiKey.Kind.PERSONAL,
        scopes=["jobs.view"],
        actor=Actor.person(mia),
        now=now,
    )
    topup = topup_of(world.acme)
    TopUp.objects.filter(pk=topup.pk).update(user=mia, ip_address="93.184.216.34")
    SavedView.objects.create(user=mia, area="jobs", place=world.acme.pk, name="x", created_at=now)
    told = {"organisation_id": world.acme.pk, "type": "job.completed", "subject": "x", "key": "x", "data": {}}
    with transaction.atomic():
        event_emit(**told, now=now)
    Event.objects.update(mailed=["mia@acme.example", "cfo@acme.example"])
    audit_days_close(now=now + timedelta(days=1))
    client = signed_in(mia)
    assert client.get("/o/acme/").status_code == 200

    person_erase(user=mia, confirmation=" Mia@acme.example ", now=now + timedelta(days=1))

    mia.refresh_from_db()
    assert (mia.email, mia.name, mia.is_active) == (f"erased-{mia.pk}@erased.invalid", "", False)
    assert not Membership.objects.filter(user=mia).exists()
    assert client.get("/o/acme/").status_code == 302  # the session ended
    program = Client(headers={"Authorization": f"Bearer {made.token}"})
    assert program.get("/api/v1/whoami").status_code == 401
    assert not AuditDetail.objects.filter(people__contains=["mia@acme.example"]).exists()
    assert AuditEvent.objects.filter(user=mia).exists()  # that somebody did it stays
    assert not SavedView.objects.filter(user=mia).exists()
    topup.refresh_from_db()
    assert (topup.user_id, topup.ip_address) == (mia.pk, "")
    assert Event.objects.get().mailed == ["cfo@acme.example"]
    call_command("audit_verify")
    call_command("ledger_verify")
    assert "mia" not in json.dumps(read(world, mia)).lower()


def test_who_owns_an_organisation_hands_it_over_first(world: World) -> None:
    with pytest.raises(Conflict, match="You own Acme: hand it over or close it first."):
        person_erase(user=world.olga, confirmation="olga@acme.example", now=timezone.now())
    world.olga.refresh_from_db()
    assert world.olga.is_active
    assert Membership.objects.filter(user=world.olga).exists()


def test_another_address_erases_nothing(world: World) -> None:
    with pytest.raises(AppError, match="Type your e-mail address"):
        person_erase(user=world.mia, confirmation="olga@acme.example", now=timezone.now())
    assert Membership.objects.filter(user=world.mia).exists()


def test_pages_ask_for_the_password_again_first(world: World) -> None:
    world.victor.set_password(PASSWORD)
    world.victor.save()
    client = Client()
    client.force_login(world.victor)  # signed in, and by nothing typed just now
    for path in ("/account/data/export/", "/account/data/erase/"):
        asked = client.post(path, {"confirmation": "victor@acme.example"})
        assert asked.status_code == 302
        assert "reauthenticate" in asked["Location"]
    world.victor.refresh_from_db()
    assert world.victor.is_active


def test_a_person_signs_in_proves_themselves_and_takes_everything_along(world: World) -> None:
    client = signed_in(world.victor)
    page = client.get("/account/data/")
    assert b'action="/account/data/export/"' in page.content
    answer = client.post("/account/data/export/")
    assert answer.status_code == 200, answer.headers
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as package:  # type: ignore[attr-defined]
        assert json.loads(package.read("account.json"))[0]["email"] == "victor@acme.example"


def test_after_a_while_the_password_is_asked_and_the_file_or_the_erasing_follows(world: World) -> None:
    client = signed_in(world.victor)
    stale(client)
    asked = client.post("/account/data/export/")
    answer = client.post(asked["Location"], {"password": PASSWORD})
    assert answer.status_code == 200, answer.content[:2000]
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
    again = client.post(asked["Location"], {"password": PASSWORD}, follow=True)  # pressed twice
    assert again.redirect_chain[-1][0] == "/account/data/"
    stale(client)
    asked = client.post("/account/data/erase/", {"confirmation": "victor@acme.example"})
    assert User.objects.filter(email="victor@acme.example").exists()
    answer = client.post(asked["Location"], {"password": PASSWORD})
    assert answer.status_code == 200, answer.headers
    assert not User.objects.filter(email="victor@acme.example").exists()
    assert client.get("/o/acme/").status_code == 302
    assert (
        Client().post("/accounts/login/", {"login": "victor@acme.example", "password": PASSWORD}).status_code
        == 200
    )
