"""What holds for every address of the API: how often, of which version, for whom, and in which words."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from apps.organisations.models import Project
from tests.organisations.keys import key_make
from tests.organisations.programs import ACME, Program, refused
from tests.world import World

PROJECT = f"{ACME}/projects/default"


@pytest.fixture
def adam(world: World) -> Program:
    """A program with what an admin may."""
    return Program(key_make(world.adam, "organisation.view", "organisation.edit", "projects.manage").token)


def test_requests_are_counted_by_key_and_refused_beyond_the_limit(
    world: World, adam: Program, settings: Any
) -> None:
    settings.API_REQUESTS_A_MINUTE = 3
    other = Program(key_make(world.mia, "organisation.view").token)
    answers = [adam.get(ACME) for _ in range(9)]
    allowed = [answer for answer in answers if answer.status_code == 200]
    assert 3 <= len(allowed) <= 6  # a new minute may have begun meanwhile
    assert allowed[0]["RateLimit-Policy"] == '"default";q=3;w=60'
    assert allowed[0]["RateLimit"].startswith('"default";r=2;t=')
    for answer in answers:
        if answer.status_code != 200:
            refused(answer, 429, "rate_limited", "go on more slowly")
            assert 1 <= int(answer["Retry-After"]) <= 60
            assert answer["RateLimit"].startswith('"default";r=0;t=')
    assert other.get(ACME).status_code == 200


@pytest.mark.parametrize("wanted", ["text/html", "application/xml", "nonsense"])
def test_the_answer_is_json_whatever_a_program_says_to_accept(adam: Program, wanted: str) -> None:
    answer = adam.client.get(ACME, headers={"Accept": wanted})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_a_body_that_is_not_announced_as_json_is_refused_with_how_to_send_it(adam: Program) -> None:
    answer = adam.client.post(f"{ACME}/projects", "name=New", content_type="text/plain")
    refused(answer, 415, "unsupported_media_type", "Content-Type: application/json")


def test_who_is_not_known_is_not_counted(world: World, settings: Any) -> None:
    answer = Client().get(ACME)
    refused(answer, 401, "not_authenticated", "Authorization: Bearer nos_")
    assert "RateLimit" not in answer


def test_without_its_counter_the_api_goes_on(world: World, adam: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> int:
        raise ConnectionError("no cache")

    monkeypatch.setattr(type(cache._connections["default"]), "incr", broken)  # type: ignore[attr-defined]
    assert adam.get(ACME).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api", {}, 404),
        ("GET", "/api/v1/nowhere", {}, 404),
        ("GET", "/api/v1/whoami", {"Host": "evil.example"}, 400),
        ("GET", "/api/v1/whoami?a=%00", {}, 400),
        ("GET", "/api/v1/whoami", {"Authorization": "Bearer nonsense"}, 401),
        ("DELETE", "/api/v1/whoami", {}, 405),
        ("POST", f"{ACME}/projects", {"Content-Type": "text/plain"}, 415),
        ("GET", f"{ACME}/jobs/0199aaaa-0000-7000-8000-000000000001/log.txt", {}, 403),
    ],
)
def test_whatever_is_answered_says_the_version_and_is_a_problem(
    adam: Program, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = adam.client.generic(method, path, b"{}", headers=headers)
    assert (answer.status_code, answer["API-Version"]) == (status, "1")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_a_host_that_is_not_ours_is_told_ours_and_a_method_the_ones_there_are(
    adam: Program, settings: Any
) -> None:
    refused(adam.client.get(ACME, headers={"Host": "evil.example"}), 400, "host_unknown", settings.BASE_URL)
    answer = adam.client.post("/api/v1/whoami", b"{}", content_type="application/json")
    refused(answer, 405, "method_not_allowed", "Method “POST” not allowed; use GET or HEAD.")


def test_a_question_that_an_address_does_not_know_is_refused_and_named(world: World, adam: Program) -> None:
    answer = adam.get(PROJECT, colour="red")
    refused(answer, 400, "invalid", "knows no such question")
    assert list(answer.json()["fields"]) == ["colour"]
    assert adam.get(PROJECT, fields="slug").json() == {"slug": "default"}


def test_a_version_is_told_and_spares_what_is_known(world: World, adam: Program) -> None:
    answer = adam.get(PROJECT)
    assert answer["API-Version"] == "1"
    again = adam.client.get(PROJECT, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    adam.send("PATCH", PROJECT, {"name": "Other"})
    assert adam.client.get(PROJECT, headers={"If-None-Match": answer["ETag"]}).status_code == 200


def test_a_change_of_what_was_seen_goes_through_and_of_what_was_changed_does_not(
    world: World, adam: Program
) -> None:
    seen = adam.get(PROJECT)["ETag"]
    assert adam.send("PATCH", PROJECT, {"name": "Mine"}, **{"If-Match": seen}).status_code == 200
    refused(
        adam.send("PATCH", PROJECT, {"name": "Lost"}, **{"If-Match": seen}),
        412,
        "changed_meanwhile",
        "read it again",
    )
    assert Project.objects.get(slug="default", organisation=world.acme).name == "Mine"
    assert adam.send("PATCH", PROJECT, {"name": "Any"}, **{"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800"])
@pytest.mark.parametrize("body", ['{"name": "%s"}', '{"labels": {"%s": "x"}}', '["%s"]'])
def test_a_text_that_no_database_keeps_is_refused_before_it_is_read(adam: Program, text: str, body: str) -> None:
    answer = adam.send("PATCH", PROJECT, body % text)
    assert answer.status_code == 400
    assert "zero character or half a surrogate pair" in answer.json()["detail"]


@pytest.mark.parametrize(("path", "status"), [(ACME, 405), ("/api/v1/nowhere", 404)])
def test_pages_of_other_origins_may_not_call(world: World, adam: Program, path: str, status: int) -> None:
    answer = adam.client.options(
        path, headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    )
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    seen = adam.client.get(ACME, headers={"Origin": "https://evil.example"})
    assert not [name for name in seen.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("approval-limits", {"approval_job_micro": "600"}, "approval_job_micro"),
        ("audit/retention", {"days": "600"}, "days"),
        ("audit/retention", {"days": True}, "days"),
    ],
)
def test_a_number_in_quotes_is_no_number_and_named(
    world: World, adam: Program, path: str, body: dict[str, Any], field: str
) -> None:
    answer = adam.send("PATCH" if "limits" in path else "PUT", f"{ACME}/{path}", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["fields"] == {field: ["This must be a whole number, without quotes."]}
    assert adam.get(f"{ACME}/members", limit="2").status_code == 200  # an address has texts alone
