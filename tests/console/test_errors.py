"""What people read when something is refused or broken: one sentence and the next step."""

import pytest
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.test import Client, RequestFactory, override_settings

from tests.world import World


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere/", 404), ("/o/acme/jobs/?q=%00", 400), ("/o/xenon/", 404)]
)
def test_a_refusal_is_a_page_with_a_sentence_and_a_way_on(world: World, path: str, status: int) -> None:
    response = world.client(world.olga).get(path)
    page = response.content.decode()
    assert response.status_code == status
    assert f'<p class="eyebrow">{status}</p>' in page
    assert "Go to the start page" in page


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_form_that_is_too_large_is_refused_with_413(world: World) -> None:
    response = world.client(world.olga).post("/o/acme/settings/", {"name": "x" * 500})
    assert response.status_code == 413
    assert "over the limit of 100 bytes" in response.content.decode()


def test_a_page_that_is_too_old_says_so(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.olga)
    response = client.post("/o/acme/settings/", {"name": "Acme"})
    assert response.status_code == 403
    assert "too old to act on" in response.content.decode()


def test_signing_in_too_often_is_told(client: Client, db: None) -> None:
    for _ in range(40):
        response = client.post("/accounts/password/reset/", {"email": "nobody@acme.example"})
        if response.status_code == 429:
            break
    assert "That was too often" in response.content.decode()
    cache.clear()


def test_while_we_work_on_it_people_and_programs_are_told(db: None) -> None:
    with override_settings(MAINTENANCE="We move the database until 14:00 UTC."):
        handler = BaseHandler()
        handler.load_middleware()
        page = handler.get_response(RequestFactory().get("/accounts/login/"))
        program = handler.get_response(RequestFactory().get("/api/v1/organisations/"))
    for response in (page, program):
        assert response.status_code == 503
        assert response["Retry-After"] == "120"
        assert b"We move the database until 14:00 UTC." in response.content
    assert program["Content-Type"] == "application/problem+json"
