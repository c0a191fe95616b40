"""Programs that people sign in by the device flow: as much as was allowed, as long as it holds."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.idp.oidc.models import Token
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.organisations.models import ApiKey, Membership
from apps.organisations.roles import Role
from apps.users.models import User
from tests.organisations.programs import ACME, Program, refused
from tests.world import World

IDP = "/identity/o"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def tell(path: str, **body: str) -> Any:
    """Send a form as the command line does."""
    return Client().post(f"{IDP}/api/{path}", urlencode(body), content_type="application/x-www-form-urlencoded")


def begin(**more: str) -> Any:
    """Ask for a code as the command line does."""
    answer = tell("device/code", client_id="nosana-cli", **more)
    assert answer.status_code == 200, answer.content
    return answer.json()


def poll(code: str) -> Any:
    """Ask whether somebody confirmed the code, however soon after the last time."""
    key = f"allauth.idp.oidc.device_code[{code}]"
    if data := cache.get(key):
        cache.set(key, data | {"last_poll_at": 0})
    return tell("token", client_id="nosana-cli", grant_type=GRANT, device_code=code)


def sign_in(world: World, user: User, **more: str) -> Any:
    """Sign a program in as the person; return its tokens."""
    codes = begin(**more)
    page = f"{IDP}/device?code={codes['user_code']}"
    assert world.client(user).post(page, {"action": "confirm"}).status_code == 200
    answer = poll(codes["device_code"])
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_program_is_let_in_by_the_person_and_acts_as_them(world: World) -> None:
    codes = begin()
    assert codes["verification_uri_complete"].endswith(f"{IDP}/device?code={codes['user_code']}")
    assert poll(codes["device_code"]).json()["error"] == "authorization_pending"
    browser = world.client(world.mia)
    page = browser.get(f"{IDP}/device?code={codes['user_code']}").content.decode()
    assert "launch jobs" in page
    assert "invite" not in page
    browser.post(f"{IDP}/device?code={codes['user_code']}", {"action": "confirm"})
    tokens = poll(codes["device_code"]).json()
    assert tokens["token_type"] == "Bearer"
    body = Program(tokens["access_token"]).get("/api/v1/whoami").json()
    assert (body["user"]["email"], body["key"]) == ("mia@acme.example", None)
    assert body["sign_in"]["program"] == "Nosana command line"
    assert "jobs.launch" in body["organisations"][0]["permissions"]
    assert "keys.manage" not in body["organisations"][0]["permissions"]


def test_a_program_may_what_its_scopes_and_its_members_role_both_allow(world: World) -> None:
    program = Program(
        sign_in(world, world.mia, scope="organisation.view keys.manage members.manage")["access_token"]
    )
    assert program.get(ACME).status_code == 200
    refused(program.get(f"{ACME}/jobs"), 403, "denied", "scope jobs.view")
    refused(program.get(f"{ACME}/invitations"), 403, "denied", "Your role here is developer")
    refused(program.get("/api/v1/organisations/xenon"), 404, "not_found")
    Membership.objects.filter(user=world.mia).update(role=Role.VIEWER)
    refused(program.get(f"{ACME}/keys"), 403, "denied", "Your role here is viewer")


def test_a_program_makes_no_key_that_may_more_than_itself(world: World) -> None:
    program = Program(sign_in(world, world.olga, scope="organisation.view keys.manage")["access_token"])
    answer = program.post(f"{ACME}/keys", {"name": "More", "scopes": ["jobs.launch"]})
    assert answer.status_code in (400, 403), answer.content
    assert not ApiKey.objects.exists()
    assert program.post(f"{ACME}/keys", {"name": "Less", "scopes": ["organisation.view"]}).status_code == 201


def test_a_refused_code_lets_nobody_in(world: World) -> None:
    codes = begin()
    world.client(world.mia).post(f"{IDP}/device?code={codes['user_code']}", {"action": "deny"})
    assert poll(codes["device_code"]).json()["error"] == "access_denied"
    assert not Token.objects.exists()


def test_a_code_is_confirmed_by_a_press_on_our_own_page_alone(world: World) -> None:
    codes = begin()
    page = f"{IDP}/device?code={codes['user_code']}"
    assert Client().get(page)["Location"].startswith("/accounts/login/")
    foreign = Client(enforce_csrf_checks=True)
    foreign.force_login(world.mia)
    assert foreign.post(page, {"action": "confirm"}).status_code == 403
    assert poll(codes["device_code"]).json()["error"] == "authorization_pending"


def test_wrong_codes_clients_and_scopes_are_refused_with_a_sentence(world: World) -> None:
    browser = world.client(world.mia)
    assert browser.get(f"{IDP}/device?code=WRONG").status_code == 422
    assert tell("device/code", client_id="other").status_code in (400, 401)
    answer = tell("device/code", client_id="nosana-cli", scope="everything")
    assert answer.json()["error"] == "invalid_scope"
    refused(Program("x" * 86).get(ACME), 401, "sign_in_unknown", "sign in again")


def test_an_expired_token_is_told_so_and_renewed(world: World) -> None:
    tokens = sign_in(world, world.mia)
    Token.objects.filter(type="at").update(expires_at=timezone.now() - timedelta(seconds=1))
    refused(Program(tokens["access_token"]).get(ACME), 401, "sign_in_expired", "refresh token")
    body = {
        "client_id": "nosana-cli",
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
    }
    fresh = tell("token", **body).json()
    assert Program(fresh["access_token"]).get(ACME).status_code == 200
    assert tell("token", **body).json()["error"] == "invalid_grant"


def test_a_person_sees_and_ends_their_sign_ins_alone(world: World) -> None:
    mine, theirs = sign_in(world, world.mia), sign_in(world, world.adam)
    browser = world.client(world.mia)
    page = browser.get("/account/programs/").content.decode()
    numbers = re.findall(r'name="sign_in" value="(\d+)"', page)
    assert len(numbers) == 1
    foreign = Token.objects.get(user=world.adam, type="rt").pk
    browser.post("/account/programs/", {"sign_in": str(foreign)})
    assert Program(theirs["access_token"]).get(ACME).status_code == 200
    for _ in range(2):
        assert browser.post("/account/programs/", {"sign_in": numbers[0]}).status_code == 302
    refused(Program(mine["access_token"]).get(ACME), 401, "sign_in_unknown")
    assert "no program" in browser.get("/account/programs/").content.decode()


def test_a_program_signs_itself_out(world: World) -> None:
    tokens = sign_in(world, world.mia)
    for kind in ("refresh_token", "access_token"):
        tell("revoke", client_id="nosana-cli", token=tokens[kind])
    refused(Program(tokens["access_token"]).get(ACME), 401, "sign_in_unknown")


@pytest.mark.parametrize("scope", ["", "jobs.view"])
def test_a_request_adds_two_queries(world: World, django_assert_num_queries: Any, scope: str) -> None:
    program = Program(sign_in(world, world.mia, **({"scope": scope} if scope else {}))["access_token"])
    with django_assert_num_queries(3):
        program.get(f"{ACME}/jobs")
