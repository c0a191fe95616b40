"""Templates of an organisation's own: kept, changed, compared, brought back, put away."""

import uuid
from typing import Any

import pytest
from django.test import Client

from apps.jobs.models import Template, TemplateVersion
from tests.console.scene import credits_give, job_make, markets_make
from tests.jobs.recipes import FACTS, template_make
from tests.world import World

URL = "/o/acme/templates/"
YAML = """version: "0.1"
type: container
ops:
  - type: container/run
    id: say
    args:
      image: alpine
      cmd: [echo, "%%global.variables.word%%"]
"""


def filled(**changes: Any) -> dict[str, Any]:
    """Return the form as a person fills it in."""
    form = {
        "title": "Say a word",
        "summary": "Prints one word.",
        "tags": "words, tests",
        "gpu": "any",
        "vram_gb": "16",
        "minutes": "20",
        "definition": YAML,
        "variables": "- {name: word, default: hello}",
        "submission_key": str(uuid.uuid4()),
    }
    return {**form, **changes}


def test_a_developer_keeps_a_template_and_finds_it_in_the_gallery(world: World) -> None:
    mia = world.client(world.mia)
    assert mia.post(f"{URL}new/", filled()).url == f"{URL}say-a-word/"
    made = Template.objects.get()
    assert made.current is not None
    assert (made.current.number, made.current.tags, made.current.author) == (1, ["words", "tests"], world.mia)
    page = mia.get(URL).content.decode()
    assert page.index("Say a word") < page.index("Prime numbers")
    assert "Say a word" in mia.get(f"{URL}say-a-word/").content.decode()
    assert world.acme.audit_events.filter(act="template.created", subject=f"template:{made.pk}").count() == 1


def test_two_presses_keep_one_template(world: World) -> None:
    mia, form = world.client(world.mia), filled()
    assert mia.post(f"{URL}new/", form).url == mia.post(f"{URL}new/", form).url
    assert Template.objects.count() == 1


def test_an_address_is_free_of_the_platforms_templates_and_the_organisations(world: World) -> None:
    assert [template_make(world.acme, title="vLLM").slug for _ in range(2)] == ["vllm-2", "vllm-3"]
    assert template_make(world.other, title="vLLM").slug == "vllm-2"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "This field is required"),
        ({"definition": "{"}, "line 1"),
        ({"definition": YAML.replace("alpine", "[]")}, "Line 7, ops[0].args.image"),
        ({"definition": "- a"}, "is a map"),
        ({"variables": "name: word"}, "begin each with"),
        ({"variables": "- {name: word, kind: colour}"}, "Variable word"),
        ({"tags": "Ünïcode"}, "small letters"),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"summary": "x" * 201}, "at most 200"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_kept(
    world: World, change: dict[str, str], sentence: str
) -> None:
    response = world.client(world.mia).post(f"{URL}new/", filled() | change)
    assert response.status_code == 422
    assert sentence in response.content.decode().replace("&#x27;", "'")
    assert not Template.objects.exists()


def test_what_changed_is_said_in_200_characters_or_fewer(world: World) -> None:
    template_make(world.acme)
    response = world.client(world.mia).post(f"{URL}say-a-word/edit/", filled() | {"note": "x" * 201})
    assert response.status_code == 422
    assert "at most 200" in response.content.decode()
    assert TemplateVersion.objects.count() == 1


def test_a_viewer_sees_templates_and_writes_none(world: World) -> None:
    template_make(world.acme)
    victor = world.client(world.victor)
    assert victor.get(f"{URL}say-a-word/").status_code == 200
    for address in ("new/", "say-a-word/edit/", "say-a-word/archive/", "say-a-word/1/restore/"):
        assert victor.post(f"{URL}{address}", filled()).status_code == 403
    assert TemplateVersion.objects.count() == 1


def test_outsiders_find_no_template(world: World, client: Client) -> None:
    template_make(world.acme)
    xena = world.client(world.xena)
    for address in ("", "say-a-word/", "say-a-word/1/", "say-a-word/edit/"):
        assert xena.get(f"{URL}{address}").status_code == 404
    assert xena.get("/o/xenon/templates/say-a-word/").status_code == 404
    assert client.get(URL).url.startswith("/accounts/login/")


def test_a_new_version_shows_what_it_changed_and_an_old_one_comes_back(world: World) -> None:
    mia = world.client(world.mia)
    mia.post(f"{URL}new/", filled())
    page = mia.get(f"{URL}say-a-word/edit/").content.decode()
    assert 'name="base" value="1"' in page
    changed = filled(definition=YAML.replace("alpine", "busybox"), base="1", note="smaller")
    assert mia.post(f"{URL}say-a-word/edit/", changed).status_code == 302
    diff = mia.get(f"{URL}say-a-word/2/").content.decode()
    assert 'class="added"' in diff
    assert "image: busybox" in diff
    assert "smaller" in diff
    assert "There is none before it" in mia.get(f"{URL}say-a-word/1/").content.decode()
    assert mia.get(f"{URL}say-a-word/9/").status_code == 404
    for _ in range(2):  # the second time it is there already
        mia.post(f"{URL}say-a-word/1/restore/")
    versions = TemplateVersion.objects.order_by("number")
    assert [one.restored_from for one in versions] == [None, None, 1]
    assert versions[2].recipe == versions[0].recipe
    acts = world.acme.audit_events.filter(act__startswith="template.").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["template.created", "template.changed", "template.restored"]


def test_what_changes_nothing_writes_no_version(world: World) -> None:
    mia = world.client(world.mia)
    mia.post(f"{URL}new/", filled())
    mia.post(f"{URL}say-a-word/edit/", filled(base="1"))
    assert TemplateVersion.objects.count() == 1


def test_two_people_who_edit_at_once_do_not_lose_each_others_work(world: World) -> None:
    template_make(world.acme)
    mia, adam = world.client(world.mia), world.client(world.adam)
    assert mia.post(f"{URL}say-a-word/edit/", filled(summary="Mine", base="1")).status_code == 302
    late = adam.post(f"{URL}say-a-word/edit/", filled(summary="Late", base="1"))
    assert late.status_code == 409
    assert "Version 2 was written meanwhile" in late.content.decode()
    assert 'value="Late"' in late.content.decode()
    assert TemplateVersion.objects.count() == 2


def test_an_archived_template_is_out_of_the_gallery_and_can_come_back(world: World) -> None:
    template_make(world.acme)
    mia = world.client(world.mia)
    for _ in range(2):
        assert mia.post(f"{URL}say-a-word/archive/").status_code == 302
    assert "say-a-word" not in mia.get(URL).content.decode()
    assert "say-a-word" in mia.get(f"{URL}?archived=1").content.decode()
    assert mia.post(f"{URL}say-a-word/edit/", filled(base="1", summary="New")).status_code == 409
    mia.post(f"{URL}say-a-word/unarchive/")
    assert "say-a-word" in mia.get(URL).content.decode()
    acts = world.acme.audit_events.filter(act__startswith="template.").values_list("act", flat=True)
    assert sorted(acts) == ["template.archived", "template.created", "template.unarchived"]


@pytest.mark.parametrize(
    ("query", "found", "missing"),
    [
        ("q=subtitles", "Whisper", "Ollama"),
        ("tag=benchmark", "PyTorch", "Whisper"),
        ("q=nothing+like+it", "No template fits", "Whisper"),
    ],
)
def test_the_gallery_is_searched_and_narrowed_by_tag(world: World, query: str, found: str, missing: str) -> None:
    page = world.client(world.victor).get(f"{URL}?{query}").content.decode()
    assert found in page
    assert missing not in page


def test_a_job_is_kept_as_a_template(world: World) -> None:
    market = markets_make()[1]
    credits_give(world.acme)
    job = job_make(world.acme.memberships.get(user=world.mia), market, name="Nightly")
    page = world.client(world.mia).get(f"{URL}new/?job={job.pk}").content.decode()
    assert 'value="Nightly"' in page
    assert "counting the primes below" in page
    assert world.client(world.mia).get(f"{URL}new/?job=x").status_code == 404


def test_what_the_editor_holds_is_taken_along(world: World) -> None:
    page = world.client(world.mia).post(f"{URL}new/", {"name": "From the editor", "definition": YAML})
    assert page.status_code == 200
    assert 'value="From the editor"' in page.content.decode()
    assert not Template.objects.exists()


def test_one_of_the_platforms_templates_is_made_ones_own(world: World) -> None:
    mia = world.client(world.mia)
    assert "Share of GPU memory" in mia.get(f"{URL}new/?template=vllm").content.decode()
    assert mia.post(f"{URL}vllm/edit/", filled()).status_code == 404  # the platform's own is nobody's to change


def test_pages_of_templates_take_a_fixed_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    markets_make()
    template_make(world.acme)
    mia = world.client(world.mia)
    for address, queries in (("", 8), ("say-a-word/", 9), ("say-a-word/1/", 12)):
        for _ in range(2):
            with django_assert_num_queries(queries):
                mia.get(f"{URL}{address}")
        template_make(world.acme, title="One more")


def test_every_fact_of_a_recipe_survives_the_database_and_the_form(world: World) -> None:
    made = template_make(world.acme)
    assert made.current is not None
    assert made.current.recipe.facts == FACTS
