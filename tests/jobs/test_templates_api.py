"""Templates by program."""

from typing import Any

from django.test import Client

from apps.jobs.models import Template, TemplateVersion
from tests.jobs.recipes import FACTS, template_make
from tests.world import World

URL = "/api/v1/organisations/acme/templates"


def send(client: Client, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    """Send JSON."""
    return client.post(f"{URL}{path}", body or {}, content_type="application/json", headers=headers)


def test_a_program_lists_keeps_and_reads_templates(world: World) -> None:
    mia = world.client(world.mia)
    made = send(mia, "", FACTS)
    assert made.status_code == 201, made.content
    assert (made.json()["slug"], made.json()["version"], made.json()["own"]) == ("say-a-word", 1, True)
    listed = mia.get(URL).json()["items"]
    assert listed[0]["slug"] == "say-a-word"
    assert "definition" not in listed[0]
    assert {one["slug"] for one in mia.get(f"{URL}?tag=speech").json()["items"]} == {"whisper"}
    assert mia.get(f"{URL}/say-a-word").json()["definition"] == FACTS["definition"]
    assert mia.get(f"{URL}/vllm").json()["own"] is False


def test_a_version_is_written_restored_and_archived(world: World) -> None:
    template_make(world.acme)
    mia = world.client(world.mia)
    again = send(mia, "/say-a-word/versions", {**FACTS, "summary": "Other", "base": 1, "note": "why"})
    assert (again.status_code, again.json()["version"]) == (201, 2)
    assert send(mia, "/say-a-word/versions", {**FACTS, "summary": "Third", "base": 1}).status_code == 409
    assert send(mia, "/say-a-word/versions/1/restore").json()["version"] == 3
    assert [one["number"] for one in mia.get(f"{URL}/say-a-word/versions").json()["items"]] == [3, 2, 1]
    assert mia.get(f"{URL}/say-a-word/versions/2").json()["summary"] == "Other"
    assert send(mia, "/say-a-word/archive").json()["archived_at"]
    assert send(mia, "/say-a-word/unarchive").json()["archived_at"] is None


def test_a_repeat_with_its_key_keeps_one(world: World) -> None:
    mia = world.client(world.mia)
    answers = [send(mia, "", FACTS, **{"Idempotency-Key": "k"}).json()["slug"] for _ in range(2)]
    assert answers == ["say-a-word"] * 2
    assert Template.objects.count() == 1


def test_bad_bodies_are_refused_with_their_fields(world: World) -> None:
    mia = world.client(world.mia)
    for change, field in (
        ({"title": 1}, "title"),
        ({"definition": 1}, "definition"),
        ({"variables": {}}, "variables"),
        ({"colour": 1}, "colour"),
        ({"minutes": 0}, "minutes"),
    ):
        response = send(mia, "", FACTS | change)
        assert response.status_code == 400
        assert {name.split(".")[0] for name in response.json()["fields"]} == {field}
    assert not Template.objects.exists()


def test_roles_and_outsiders(world: World) -> None:
    template_make(world.acme)
    victor, xena = world.client(world.victor), world.client(world.xena)
    assert victor.get(f"{URL}/say-a-word").status_code == 200
    assert send(victor, "", FACTS).status_code == 403
    assert send(victor, "/say-a-word/archive").status_code == 403
    assert xena.get(f"{URL}/say-a-word").status_code == 404
    assert send(xena, "", FACTS).status_code == 404
    assert TemplateVersion.objects.count() == 1
