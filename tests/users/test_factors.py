"""Second factors, recovery codes, and where somebody is signed in."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail as outbox
from django.test import Client

from apps.core.seals import Renewed
from apps.users.services import factors_renew
from apps.users.ways import has_second_factor
from tests.users.people import person, signed_in
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db


def code_of(secret: str) -> str:
    """Return what an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def app_set_up(browser: Client) -> tuple[str, list[str]]:
    """Set an authenticator app up; return its secret and the recovery codes."""
    secret = browser.get("/accounts/2fa/totp/activate/").context["form"].secret
    answer = browser.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}, follow=True)
    return secret, answer.context["unused_codes"]


def password_typed(email: str) -> Client:
    """Return a browser in which the password was right."""
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    return browser


def inside(browser: Client) -> bool:
    """Return whether the browser is signed in."""
    return browser.get("/organisations/new/").status_code == 200


@pytest.mark.parametrize("plain", [False, True])
def test_an_authenticator_app_outlives_the_secret_key(settings: Any, plain: bool) -> None:
    user = person()
    secret, codes = app_set_up(signed_in(user))
    if plain:  # as before they were sealed
        Authenticator.objects.filter(type="totp").update(data={"secret": secret})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, [settings.SECRET_KEY]
    assert factors_renew() == Renewed(done=2)
    settings.SECRET_KEY_FALLBACKS = []
    assert factors_renew() == Renewed()
    assert secret not in str(list(Authenticator.objects.values_list("data")))
    for answer in (codes[0], code_of(secret)):
        Authenticator.objects.update(last_used_at=None)
        browser = password_typed(user.email)
        browser.post("/accounts/2fa/authenticate/", {"code": answer})
        assert inside(browser)
    settings.SECRET_KEY = "m" * 60
    assert factors_renew() == Renewed(lost=2)


def test_with_an_app_the_password_alone_opens_nothing(
    drain: Callable[[], int], django_capture_on_commit_callbacks: Any
) -> None:
    user = person()
    with django_capture_on_commit_callbacks(execute=True):
        secret, _codes = app_set_up(signed_in(user))
    assert has_second_factor(user)
    browser = password_typed(user.email)
    assert not inside(browser)
    assert "Incorrect code" in browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert not inside(browser)
    Authenticator.objects.update(last_used_at=None)
    browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert inside(browser)
    drain()
    assert [m.to for m in outbox.outbox if "has an authenticator app" in m.subject] == [[user.email]]


def test_staff_comes_to_the_admin_site_by_the_same_door() -> None:
    person("sam@nosana-web.example", is_staff=True, is_superuser=True)
    answer = Client().get("/admin/login/?next=/admin/visits/")
    assert answer.headers["Location"].startswith("/accounts/login/")
    assert (
        Client().post("/admin/login/", {"username": "sam@nosana-web.example", "password": PASSWORD}).status_code
        == 302
    )
    assert signed_in(person("nora@acme.example")).get("/admin/login/").status_code == 403


def test_a_recovery_code_opens_once() -> None:
    user = person()
    _secret, codes = app_set_up(signed_in(user))
    assert len(codes) == 10
    for expected in (True, False):
        browser = password_typed(user.email)
        browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert inside(browser) is expected


def test_the_secret_of_an_app_is_sealed_in_the_database() -> None:
    secret, _codes = app_set_up(signed_in(person()))
    kept = Authenticator.objects.get(type="totp")
    assert secret not in str(kept.data)
    assert kept.wrap().validate_code(code_of(secret))


def test_codes_are_guessed_a_few_times_only() -> None:
    user = person()
    app_set_up(signed_in(user))
    browser = password_typed(user.email)
    answers = [browser.post("/accounts/2fa/authenticate/", {"code": f"{n:06}"}) for n in range(12)]
    assert "Too many failed login attempts" in answers[-1].content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/generate/",
    ],
)
def test_what_opens_an_account_changes_only_after_the_password_was_typed_again(path: str) -> None:
    user = person()
    browser = signed_in(user)
    session = browser.session
    session["account_authentication_methods"] = []
    session.save()
    answer = browser.get(path)
    assert answer.status_code == 302
    assert "/accounts/reauthenticate/" in answer.headers["Location"]


def test_the_list_shows_every_browser_and_ends_the_others() -> None:
    user = person()
    here, there = signed_in(user), signed_in(user)
    page = here.get("/accounts/sessions/").content.decode()
    assert page.count("127.0.0.1") == 2
    here.post("/accounts/sessions/")
    assert inside(here)
    assert not inside(there)


def test_a_new_password_ends_the_sign_ins_of_before(drain: Callable[[], int]) -> None:
    user = person()
    here, there = signed_in(user), signed_in(user)
    new = "a much better horse"
    body: dict[str, Any] = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    here.post("/accounts/password/change/", body)
    assert inside(here)
    assert not inside(there)
    drain()
    assert any("password" in m.subject.lower() for m in outbox.outbox)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/",
        "/accounts/sessions/",
        "/accounts/3rdparty/",
        "/accounts/logout/",
    ],
)
def test_pages_of_the_account_open(path: str) -> None:
    browser = signed_in(person())
    assert browser.get(path).status_code == 200
