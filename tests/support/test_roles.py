"""The staff's roles: what the page says is what the groups hold and the pages do, behind a second factor."""

import importlib
import uuid
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from apps.core.errors import AppError
from apps.support.management.commands.staff_roles import table_replace
from apps.support.roles import ACTS, ROLES, SIGHTS, permissions_of, roles_write
from apps.support.services import staff_set
from apps.users.models import User
from tests.users.people import person, signed_in
from tests.users.test_factors import app_set_up, code_of
from tests.world import World

MIGRATIONS = Path(__file__).parents[2] / "apps" / "support" / "migrations"
OWN = ("core", "organisations", "notifications", "billing", "payments", "jobs", "bridge", "support")


def newest_table() -> dict[str, list[str]]:
    """Return the table of the newest migration that writes roles."""
    names = sorted(path.stem for path in MIGRATIONS.glob("0*.py") if "roles_write" in path.read_text())
    table: dict[str, list[str]] = importlib.import_module(f"apps.support.migrations.{names[-1]}").TABLE
    return table


def colleague(role: str) -> User:
    """Return somebody of the staff with that role, as `migrate` makes it."""
    roles_write(apps, newest_table())
    user = User.objects.create_user(f"{role}@nosana-web.example", name=role)
    return staff_set(email=user.email, roles=[role], by=None, now=timezone.now())


def test_the_groups_hold_what_the_page_says(db: None) -> None:
    assert newest_table() == {role: permissions_of(role) for role in ROLES}, "write a migration with roles_write"
    for role in ROLES:
        assert colleague(role).get_all_permissions() == set(permissions_of(role))
    page = Path("docs/support.md").read_text()
    assert table_replace(page) == page, "run manage.py staff_roles --write docs/support.md"


def test_every_page_and_every_act_of_the_admin_site_is_somebody_s(db: None) -> None:
    rights = {name for right in (*SIGHTS, *ACTS) for name in right.permissions}
    for model, page in admin.site._registry.items():
        if model._meta.app_label not in OWN:
            continue
        assert f"{model._meta.app_label}.view_{model._meta.model_name}" in rights, model
        for act in page.actions or []:
            asked = getattr(getattr(page, str(act)), "allowed_permissions", [])
            assert asked, f"{model}: {act} asks for no right"
            assert "view" not in asked, f"{model}: {act} is for everybody who may look"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_pages_and_no_others(world: World, role: str) -> None:
    client, may = world.client(colleague(role)), permissions_of(role)
    for model in admin.site._registry:
        app, name = model._meta.app_label, model._meta.model_name
        expected = 200 if {f"{app}.view_{name}", f"{app}.change_{name}"} & set(may) else 403
        if (app, name) == ("payments", "allowance") and "payments.release_topup" in may:
            expected = 200
        assert client.get(f"/admin/{app}/{name}/").status_code == expected, (role, app, name)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/staff/").status_code == 403


def test_support_tries_no_task_again_and_operators_do(world: World) -> None:
    body = {"action": "try_again", "_selected_action": str(uuid.uuid4())}
    for role, told in (("support", False), ("operator", True)):
        page = world.client(colleague(role)).post("/admin/core/message/", body, follow=True).content.decode()
        assert ("tried again at once" in page) is told, role


def test_superusers_give_roles_and_nobody_else(world: World) -> None:
    roles_write(apps, newest_table())
    boss, mia = User.objects.create_superuser("boss@nosana-web.example", "x"), world.mia
    form = {"email": mia.email.upper(), "roles": ["support", "finance"]}
    assert world.client(colleague("finance")).post("/admin/staff/", form).status_code == 403
    assert not User.objects.get(pk=mia.pk).is_staff
    for _ in range(2):
        assert world.client(boss).post("/admin/staff/", form).status_code == 302
    mia = User.objects.get(pk=mia.pk)
    assert (mia.is_staff, mia.has_perm("payments.add_refund")) == (True, True)
    assert mia.email in world.client(boss).get("/admin/staff/").content.decode()
    for email, roles in (("no@one.example", ["support"]), (boss.email, []), (mia.email, ["king"])):
        assert world.client(boss).post("/admin/staff/", {"email": email, "roles": roles}).status_code == 422
    assert world.client(boss).post("/admin/staff/", {"email": mia.email}).status_code == 302
    assert not User.objects.get(pk=mia.pk).is_staff


def test_the_command_gives_roles_too(world: World) -> None:
    roles_write(apps, newest_table())
    said = StringIO()
    call_command("staff_roles", "--give", world.mia.email, "operator", stdout=said)
    assert "operator" in said.getvalue()
    assert list(Group.objects.filter(user=world.mia).values_list("name", flat=True)) == ["operator"]
    for args in (["--give", "no@one.example"], ["--give", world.mia.email, "king"], ["--write", "/nowhere/x.md"]):
        with pytest.raises(CommandError):
            call_command("staff_roles", *args)
    with pytest.raises(AppError):
        staff_set(email=world.mia.email, roles=["king"], by=None, now=timezone.now())


def test_staff_without_a_second_factor_reach_only_the_way_to_one(settings: Any, db: None) -> None:
    settings.STAFF_SECOND_FACTOR = True
    sam = person("sam@nosana-web.example", is_staff=True, is_superuser=True)
    browser = signed_in(sam)
    for path in ("/admin/", "/admin/search/?q=x", "/admin/core/mail/", "/admin/nothing-here/", "/admin/visits/"):
        answer = browser.get(path, headers={"Authorization": "Bearer x"} if "mail" in path else {})
        assert answer.status_code == 403, path
    page = browser.get("/admin/").content.decode()
    assert "set one up, then come back" in page
    assert 'href="/accounts/2fa/"' in page
    secret, _codes = app_set_up(browser)
    Authenticator.objects.update(last_used_at=None)
    browser.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret)})
    assert browser.get("/admin/").status_code == 200
    other = Client()
    other.force_login(sam)  # a session that never showed the factor
    answer = other.get("/admin/?a=1")
    assert answer.status_code == 403
    assert "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F%3Fa%3D1" in answer.content.decode()
    Authenticator.objects.filter(user=sam).delete()
    assert browser.get("/admin/").status_code == 403


def test_customers_are_not_asked_for_it_by_the_admin_site(settings: Any, world: World) -> None:
    settings.STAFF_SECOND_FACTOR = True
    assert world.client(world.olga).get("/admin/").status_code == 302
    assert world.client(world.olga).get("/o/acme/").status_code == 200
    assert Client().get("/admin/").status_code == 302
