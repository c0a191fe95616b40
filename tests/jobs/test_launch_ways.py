"""Ways to say what to run: a template, a container of one's own, a definition; and from one to another."""

import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Hold, Rate
from apps.billing.selectors import wallet
from apps.jobs.models import Job, SecretSet
from tests.console.scene import job_finish, job_list, job_run
from tests.jobs.recipes import template_make
from tests.jobs.test_views_launch import URL, filled, shop
from tests.permissions.tables import changed, contents
from tests.world import World

__all__ = ["shop"]
pytestmark = pytest.mark.django_db
YAML = (
    "version: '0.1'\ntype: container\nops:\n  - type: container/run\n    id: a\n    args:\n      image: alpine\n"
)


def by_template(slug: str, **changes: Any) -> dict[str, Any]:
    """Return the form with a template in place of a definition."""
    form = filled(how="template", template=slug, name="From a template", market="nvidia-4090") | changes
    del form["definition"]
    return form


def own(**changes: Any) -> dict[str, Any]:
    """Return the form with a container of one's own."""
    form = filled(how="container", name="Mine")
    return {**form, "own-image": "docker.io/library/alpine:3", "own-gpu": "on", **changes}


def test_a_template_is_launched_with_the_values_of_its_variables(shop: World) -> None:
    mia = shop.client(shop.mia)
    template_make(shop.acme)
    form = by_template("say-a-word", **{"template_number": "1", "var-word": "good day", "var-TOKEN": "hunter22"})
    assert mia.post(URL, form).status_code == 302
    job = Job.objects.get()
    assert job.definition["global"]["variables"] == {"word": "good day"}
    assert (job.template, job.template_number) == ("say-a-word", 1)
    assert SecretSet.objects.get().names == ["TOKEN"]
    assert "hunter22" not in json.dumps(job.definition)
    assert Hold.objects.get().dimensions == {"market": "nvidia-4090", "template": "say-a-word"}


def test_a_secret_left_empty_is_left_out_where_the_template_does_not_need_it(shop: World) -> None:
    template_make(shop.acme)
    shop.client(shop.mia).post(URL, by_template("say-a-word", **{"var-word": "hi"}))
    assert "env" in Job.objects.get().definition["ops"][0]["args"]
    assert Job.objects.get().definition["ops"][0]["args"]["env"] == {}


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (by_template("vllm", **{"var-model": "nonsense"}), "owner/name"),
        (by_template("vllm", **{"var-context": "1"}), "between 512 and 262144"),
        (by_template("jupyter"), "Token needs a value"),
        (by_template(""), "Choose a template first"),
        (own(**{"own-image": ""}), "Name the image to run"),
        (own(**{"own-ports": "eighty"}), "Line 1 of the ports"),
        (own(**{"own-env": "A=1\nB"}), "Line 2 of the environment"),
        (own(**{"own-volumes": "data"}), "Line 1 of the volumes"),
        (own(**{"own-resources": "HF owner/name"}), "Line 1 of the models and data"),
        (own(**{"own-command": "'", "own-command_kind": "arguments"}), "A quote is opened"),
        (own(**{"own-ports": "99999"}), "ops[0].args.expose"),
        (filled(labels="team"), "Line 1 of the labels"),
        (filled(labels="Team=x"), "is no label"),
        (filled(node="nobody"), "A node is named by its address"),
        (filled(definition=YAML.replace("alpine", "[]")), "Line 7, ops[0].args.image"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(shop: World, form: dict[str, Any], sentence: str) -> None:
    response = shop.client(shop.mia).post(URL, form)
    assert 400 <= response.status_code < 500
    assert sentence in response.content.decode().replace("&#x27;", "'")
    assert not Job.objects.exists()
    assert wallet(shop.acme.pk).held_micro == 0


def test_a_template_that_is_not_there_is_not_found(shop: World) -> None:
    mia = shop.client(shop.mia)
    template_make(shop.other)
    assert mia.post(URL, by_template("say-a-word")).status_code == 404
    assert mia.get(f"{URL}?template=say-a-word").status_code == 404
    assert mia.get(f"{URL}?template=nothing").status_code == 404


def test_a_container_of_ones_own_becomes_a_definition(shop: World) -> None:
    form = own(
        **{
            "own-command": "python -V\necho done",
            "own-ports": "8000 api /health\n9000",
            "own-env": "A=1",
            "own-volumes": "data /data",
            "own-resources": "HF owner/name /models",
            "own-vram": "12",
        },
        labels="team=vision",
        node="9tWv3hXrM8sDqkF2yLbZcA7eNfUjPg4mRxQpKd5oHnSa",
    )
    assert shop.client(shop.mia).post(URL, form).status_code == 302
    job = Job.objects.get()
    volume, run = job.definition["ops"]
    assert volume["args"] == {"name": "data"}
    assert run["args"]["cmd"] == "python -V\necho done"
    assert [port["port"] for port in run["args"]["expose"]] == [8000, 9000]
    assert (job.labels, job.node_wanted[:4]) == ({"team": "vision"}, "9tWv")
    assert Hold.objects.get().dimensions["labels"] == {"team": "vision"}


def test_a_form_turns_into_a_definition_and_back_without_launching(shop: World) -> None:
    mia = shop.client(shop.mia)
    before = contents()
    page = mia.post(URL, own(show="yaml")).content.decode()
    assert "image: docker.io/library/alpine:3" in page
    text = mia.post(URL, own(show="json")).context["what"].text
    assert json.loads(text)["ops"][0]["args"]["gpu"] is True
    back = mia.post(URL, filled(definition=text, show="container"))
    assert 'value="docker.io/library/alpine:3"' in back.content.decode()
    template = mia.post(URL, by_template("vllm", show="definition", **{"var-context": "4096"}))
    assert '"context": "4096"' in template.context["what"].text
    assert changed(before) == []


def test_a_definition_that_says_more_than_the_form_can_is_kept(shop: World) -> None:
    text = YAML + "    results: {a: b}\n"
    page = shop.client(shop.mia).post(URL, filled(definition=text, show="container"))
    assert "says more than this form can" in page.content.decode()
    assert page.context["what"].text == text


def test_a_broken_text_is_kept_as_it_is_by_every_tab(shop: World) -> None:
    mia = shop.client(shop.mia)
    for show in ("json", "yaml", "definition", "template", "container", "where"):
        page = mia.post(URL, filled(definition="{ broken", show=show))
        assert page.status_code == 200
        assert page.context["what"].text == "{ broken"


def test_a_link_fills_the_form_and_launches_nothing(shop: World) -> None:
    mia = shop.client(shop.mia)
    before = contents()
    query = "template=vllm&var-model=Qwen/Qwen3-8B&timeout_minutes=30&market=nvidia-a100-80gb&labels=a%3Db"
    query += "&secrets=X%3D1"
    page = mia.get(f"{URL}?{query}&submission_key=x&visibility=nonsense&var-API_KEY=leak").content.decode()
    assert "A link filled in this form" in page
    for value in ('value="Qwen/Qwen3-8B"', 'value="30"', 'value="nvidia-a100-80gb" checked', "a=b"):
        assert value in page
    assert "X=1" not in page
    assert "leak" not in page
    assert mia.get(f"/launch/?{query}").url == f"{URL}?{query.replace('/', '%2F')}"
    assert changed(before) == []


def test_a_link_can_bring_a_definition(shop: World) -> None:
    page = shop.client(shop.mia).get(URL, {"definition": YAML})
    assert page.context["what"].how == "definition"
    assert "image: alpine" in page.content.decode()


def test_a_job_is_launched_again_in_the_tab_that_it_came_from(shop: World) -> None:
    mia = shop.client(shop.mia)
    made = template_make(shop.acme)
    form = by_template("say-a-word", **{"var-word": "good day", "var-TOKEN": "hunter22"}, labels="team=a")
    job_url = mia.post(URL, form).url
    again = mia.get(f"{URL}?again={job_url.split('/')[-2]}")
    page = again.content.decode()
    assert again.context["what"].how == "template"
    assert 'value="good day"' in page
    assert "team=a" in page
    assert "hunter22" not in page
    kept = re.search(r'name="secrets_of" value="([^"]+)"', page).group(1)
    repeat = form | {"secrets_of": kept, "var-TOKEN": "", "submission_key": str(uuid.uuid4())}
    assert mia.post(URL, repeat).status_code == 302
    assert SecretSet.objects.count() == 1
    assert [job.secrets_id for job in Job.objects.all()] == [SecretSet.objects.get().pk] * 2
    changes = mia.get(f"{URL}?again={job_url.split('/')[-2]}&how=definition")
    assert changes.context["what"].how == "definition"
    made.versions.update(title="Renamed")
    assert mia.get(f"{URL}?again={job_url.split('/')[-2]}").status_code == 200


def test_a_dry_run_says_what_would_happen_and_writes_nothing(shop: World) -> None:
    mia = shop.client(shop.mia)
    before = contents()
    good = mia.post(URL, filled(show="check"))
    assert good.status_code == 200
    assert "It would launch, and hold 0.02709 credits" in good.content.decode()
    dear = mia.post(URL, filled(show="check", market="nvidia-a100-80gb", timeout_minutes="10080"))
    assert "It would not launch" in dear.content.decode()
    assert "less than the hold" in dear.content.decode()
    assert mia.post(URL, filled(show="check", name="")).status_code == 422
    marked = filled(show="check", definition=YAML + "      cmd: '%%secret.X%%'\n")
    assert "asks for the secret X" in mia.post(URL, marked).content.decode()
    assert changed(before) == []


@pytest.mark.parametrize(
    ("need", "first", "chosen"),
    [
        ({"need_vram": "16"}, "NVIDIA RTX 4090", "nvidia-4090"),
        ({"need_sort": "vram"}, "NVIDIA A100", "nvidia-3060"),
        ({"need_sort": "wait"}, "NVIDIA RTX 3060", "nvidia-3060"),
        ({"need_price": "0.2"}, "NVIDIA RTX 3060", "nvidia-3060"),
        ({"need_free": "on"}, "NVIDIA RTX 3060", "nvidia-3060"),
        ({"need_gpu": "amd"}, "NVIDIA RTX 3060", "nvidia-3060"),
        ({"need_vram": "many", "need_sort": "colour"}, "NVIDIA RTX 3060", "nvidia-3060"),
    ],
)
def test_a_gpu_is_chosen_by_need(shop: World, need: dict[str, str], first: str, chosen: str) -> None:
    form = {"need_sort": "price", **filled(show="where", market="nvidia-3060"), **need}
    page = shop.client(shop.mia).post(URL, form)
    assert page.context["choices"][0].market.name == first
    assert page.context["chosen"] == chosen


def test_the_page_says_what_such_jobs_cost_before_and_what_it_is_worth(shop: World) -> None:
    now = timezone.now()
    Rate.objects.create(currency="EUR", price_micro=420_000, at=now, source="test", read_at=now)
    mia = shop.client(shop.mia)
    mia.post(URL, by_template("shell", **{"var-command": "true", "var-image": "alpine"}))
    job = Job.objects.get()
    job_list(job, now)
    job_run(job, now)
    job_finish(job, started=now, ended=now + timedelta(seconds=100))
    page = mia.post(f"{URL}estimate/", by_template("shell", **{"var-command": "true", "var-image": "alpine"}))
    said = page.content.decode()
    assert "Likely, as its last run took 1 min 40 s" in said
    assert "0.012075" in said  # 115 × 100 and 5 %
    assert "about €0.0" in said
