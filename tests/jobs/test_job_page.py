"""What a job's page offers beyond its state: acts, notes, money, results, services, figures, the definition."""

import base64
import io
import json
import uuid
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.core.outbound import Answer
from apps.jobs import exposed
from apps.jobs.exposed import services_of
from apps.jobs.figures import figures_of, series_read
from apps.jobs.files import result_files
from apps.jobs.models import Job, Market, Note
from apps.jobs.pages import definition_shown
from apps.jobs.selectors import story_of
from apps.organisations.models import Membership
from tests.console.scene import credits_give, job_finish, job_list, job_log, job_make, job_run, markets_make
from tests.organisations.keys import key_make
from tests.organisations.programs import ACME, Program, refused
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
PICTURE = "data:image/png;base64," + base64.b64encode(PNG).decode()
CHECK = {"type": "http", "path": "/health", "expected_status": 200, "method": "GET", "continuous": False}
SERVICE = {
    "version": "0.1",
    "type": "container",
    "global": {"variables": {"METRICS": "9000"}},
    "ops": [
        {
            "type": "container/run",
            "id": "web",
            "args": {
                "image": "vllm/vllm-openai",
                "env": {"API_KEY": "sk-very-secret", "MODEL": "llama"},
                "expose": [
                    {
                        "port": 8000,
                        "health_checks": [
                            {
                                "type": "http",
                                "path": "/health",
                                "expected_status": 200,
                                "method": "GET",
                                "continuous": False,
                            }
                        ],
                    },
                    "%%global.variables.METRICS%%",
                ],
            },
        }
    ],
}


@pytest.fixture
def job(world: World) -> Job:
    """A job of Mia's that waits to be put on the chain."""
    credits_give(world.acme)
    market: Market = markets_make()[0]
    return job_make(Membership.objects.get(user=world.mia), market)


def url(job: Job, rest: str = "") -> str:
    """Return an address below the job's page."""
    return f"/o/acme/jobs/{job.pk}/{rest}"


def runs(job: Job) -> Job:
    """Let a node take the job, a minute ago."""
    job_list(job, timezone.now() - timedelta(seconds=70))
    job_run(job, timezone.now() - timedelta(seconds=60))
    return Job.objects.select_related("attempt", "market").get(pk=job.pk)


def ended(job: Job, result: Any = None) -> Job:
    """Let it end; with another result than the scene's if there is one."""
    began = timezone.now() - timedelta(seconds=300)
    job_list(job, began)
    job_run(job, began)
    job_finish(job, started=began, ended=began + timedelta(seconds=200))
    if result is not None:
        Job.objects.filter(pk=job.pk).update(result=result)
    return Job.objects.select_related("attempt", "market").get(pk=job.pk)


HTMX = {"HTTP_HX_REQUEST": "true"}


def test_each_act_is_a_page_and_inside_the_job_a_dialog(world: World, job: Job) -> None:
    mia = world.client(world.mia)
    runs(job)
    for act in ("stop/", "extend/", "restart/", "name/", "project/"):
        page, dialog = mia.get(url(job, act)).content.decode(), mia.get(url(job, act), **HTMX)
        assert "<html" in page
        assert "<html" not in dialog.content.decode()
        assert 'id="act-title"' in dialog.content.decode()


@pytest.mark.parametrize(
    ("rest", "count"),
    [
        ("stop/", 6), ("extend/", 6), ("restart/", 7), ("name/", 6), ("project/", 7),
        ("log/", 7), ("log/?q=hello", 8), ("figures/", 7), ("services/", 6), ("definition.json", 4),
    ],
)  # fmt: skip
def test_each_page_takes_a_fixed_number_of_queries(
    world: World, job: Job, django_assert_num_queries: Any, rest: str, count: int
) -> None:
    job_log(runs(job), ["hello"])
    mia = world.client(world.mia)
    with django_assert_num_queries(count):
        assert mia.get(url(job, rest)).status_code == 200


def test_stopping_says_first_what_it_costs_and_gives_back(world: World, job: Job) -> None:
    page = world.client(world.mia).get(url(runs(job), "stop/")).content.decode()
    assert "Comes back, if it ended now" in page
    assert "0.027090" in page
    done = world.client(world.mia).post(url(job, "stop/"), **HTMX)
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, url(job))


def test_a_refused_stop_is_told_inside_its_dialog(world: World, job: Job) -> None:
    ended(job)
    answer = world.client(world.mia).post(url(job, "stop/"), **HTMX)
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#act"
    assert b"there is nothing to stop" in answer.content


def test_a_restart_leads_to_the_new_job_and_twice_to_the_same(world: World, job: Job) -> None:
    mia, form = world.client(world.mia), {"submission_key": str(uuid.uuid4())}
    first, again = (mia.post(url(job, "restart/"), form) for _ in range(2))
    assert first.url == again.url != url(job)
    assert Job.objects.count() == 2
    assert mia.post(url(job, "restart/"), {"submission_key": "x"}).status_code == 422
    Market.objects.update(open=False)
    refused = mia.post(url(job, "restart/"), {"submission_key": str(uuid.uuid4())})
    assert refused.status_code == 409
    assert b"takes no new jobs just now" in refused.content
    assert Job.objects.count() == 2


def test_a_viewer_may_not_act_and_nothing_changes(world: World, job: Job) -> None:
    victor = world.client(world.victor)
    page = victor.get(url(job)).content.decode()
    for act, form in (
        ("restart/", {"submission_key": str(uuid.uuid4())}),
        ("name/", {"name": "Mine"}),
        ("notes/", {"text": "hello"}),
        ("extend/", {"timeout_minutes": 99}),
    ):
        assert victor.post(url(job, act), form).status_code == 403
        assert f'href="{url(job, act)}"' not in page
        assert world.client(world.xena).post(url(job, act), form).status_code == 404
    assert (Job.objects.count(), Job.objects.get().name, Note.objects.count()) == (1, "Prime numbers", 0)


def test_a_new_name_is_given_and_an_empty_one_refused(world: World, job: Job) -> None:
    mia = world.client(world.mia)
    assert mia.post(url(job, "name/"), {"name": "Run 8"}).status_code == 302
    assert Job.objects.get().name == "Run 8"
    refused = mia.post(url(job, "name/"), {"name": " "})
    assert refused.status_code == 422
    assert b"Give the job a name" in refused.content


def test_notes_are_written_on_the_page_and_changed_by_their_author(world: World, job: Job) -> None:
    mia, olga = world.client(world.mia), world.client(world.olga)
    form = {"text": "Halve the <b>batch</b>", "key": str(uuid.uuid4())}
    for _ in range(2):
        assert mia.post(url(job, "notes/"), form).status_code == 302
    assert b"Halve the &lt;b&gt;batch" in world.client(world.victor).get(url(job)).content
    note = Note.objects.get()
    assert mia.post(url(job, "notes/"), {"text": " "}, **HTMX).status_code == 422
    assert b"and nobody else may change it" in olga.get(url(job, f"notes/{note.pk}/")).content
    assert olga.post(url(job, f"notes/{note.pk}/delete/")).status_code == 409
    assert mia.post(url(job, f"notes/{note.pk}/"), {"text": "Quarter it"}).status_code == 302
    assert mia.get(url(job, f"notes/{uuid.uuid4()}/")).status_code == 404
    assert mia.post(url(job, f"notes/{note.pk}/delete/")).status_code == 302
    assert b"Quarter it" not in mia.get(url(job)).content


def test_money_is_told_movement_by_movement(job: Job) -> None:
    story = story_of(ended(job))
    assert [(line.kind, line.micro) for line in story.money] == [
        ("hold", -27_090),
        ("settlement", 0),
        ("release", 18_060),
    ]
    assert [micro for _word, micro in story.money[1].parts] == [8_600, 430]
    assert sum(micro for _word, micro in story.money[0].parts) == 27_090


def test_results_are_files_images_are_seen_and_nothing_is_ever_a_page(world: World, job: Job) -> None:
    html = "<script>alert(1)</script>"
    op = {"operationId": "a/b", "exitCode": 3, "startTime": 1_000, "endTime": 66_000}
    ended(
        job,
        {"opStates": [{**op, "results": {"plot": [PICTURE], "page": html, "fake": "data:image/png;base64,AAAA"}}]},
    )
    victor = world.client(world.victor)
    page = victor.get(url(job)).content.decode()
    assert "exit code 3" in page
    assert "1 min 05 s" in page
    assert html not in page
    assert f'src="{url(job, "results/2")}"' in page
    fake, text, image = (victor.get(url(job, f"results/{n}")) for n in range(3))
    assert (image.headers["Content-Type"], image.content) == ("image/png", PNG)
    for answer in (image, text, fake):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    for answer in (text, fake):
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert answer.headers["Content-Disposition"].startswith("attachment")
    packed = zipfile.ZipFile(io.BytesIO(victor.get(url(job, "results.zip")).content))
    assert packed.namelist() == ["a-b-fake-1.txt", "a-b-page-1.txt", "a-b-plot-1.png"]
    assert victor.get(url(job, "results/3")).status_code == 404


@pytest.mark.parametrize(
    "result", [None, 3, {"opStates": [{"results": 3}, 4]}, {"opStates": [{"results": {"a": [{}]}}]}]
)
def test_results_of_unknown_shape_are_no_files_or_plain_text(result: object) -> None:
    assert all(one.content_type.startswith("text/plain") for one in result_files(result))


def test_the_definition_hides_what_looks_like_a_secret(world: World, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(definition=SERVICE)
    for rest in ("", "definition.json"):
        text = world.client(world.victor).get(url(job, rest)).content.decode()
        assert "sk-very-secret" not in text
        assert "llama" in text
    shown = definition_shown({"global": {"env": {"HF_TOKEN": "%%secret.HF%%", "PASSWORD": "x", "N": 3}}})
    assert shown == {"global": {"env": {"HF_TOKEN": "%%secret.HF%%", "PASSWORD": "•••", "N": 3}}}


def test_services_have_the_networks_address_and_say_whether_they_answer(
    world: World, job: Job, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Job.objects.filter(pk=job.pk).update(definition=SERVICE)
    victor = world.client(world.victor)
    assert b"Opens when a node runs the job" in victor.get(url(job, "services/")).content
    assert b"publish no addresses" in victor.get(url(runs(job), "services/")).content
    settings.CHAIN_CLUSTER, settings.NODE_DIRECTORY_FILE = "mainnet", ""

    async def answer(address: str, *, seconds: float) -> Answer:
        return Answer(200, "", "", 12) if address == services[0].url else Answer(None, "", "refused", 3)

    monkeypatch.setattr(exposed, "get", answer)
    services = services_of(Job.objects.select_related("attempt").get(pk=job.pk))
    assert [(one.operation, one.port) for one in services] == [("web", 8000), ("web", 9000)]
    program = Program(key_make(world.mia, "jobs.view").token)
    path = f"{ACME}/jobs/{job.pk}/services"
    web, other = program.get(path).json()["items"]
    assert (web["url"], web["health"], web["checks"]) == (services[0].url, None, ["GET /health → 200"])
    assert [one["health"] for one in program.get(path, probe="true").json()["items"]] == ["answers", "waiting"]
    refused(program.get(path, probe="soon"), 400, "invalid")
    refused(Program(key_make(world.xena, "jobs.view").token).get(path), 404, "not_found")
    page = victor.get(url(job, "services/")).content.decode()
    assert "Answers with 200 after 12 ms" in page
    assert "Does not answer yet: refused" in page
    assert "GET /health → 200" in page
    assert victor.get(url(ended_of(job), "services/")).content.decode().count("Closed: the job is over") == 2


def ended_of(job: Job) -> Job:
    """Return the job, over."""
    Job.objects.filter(pk=job.pk).update(state="stopped", ended_at=timezone.now())
    return job


def test_a_service_address_is_the_one_the_network_gives(settings: Settings) -> None:
    settings.CHAIN_CLUSTER, settings.NODE_DIRECTORY_FILE = "mainnet", ""
    known = "H3fhW6p9qQ2anKERK85LCVd3TJu2DVPdX2FhzWLMUyqg"
    found = exposed.service_url(known, 0, 11434)
    assert found == "https://tzrYei3AxEa13vc1qY1VLoNniRKX7jF5dNJVq93HPPb5.node.k8s.prd.nos.ci"


def test_figures_come_from_the_jobs_own_lines_and_their_absence_is_said(world: World, job: Job) -> None:
    victor = world.client(world.victor)
    assert b"tell nothing of CPU, memory, GPU or network use" in victor.get(url(job, "figures/")).content
    runs(job)
    told = [json.dumps({"metrics": {"gpu_percent": n, "vram_mb": 1000 + n, "odd": 3}}) for n in range(5)]
    job_log(
        job,
        ["hello", *told, '{"metrics": 3}', '{"metrics": {"gpu_percent": "x", "cpu_percent": true}}', '{"metrics'],
    )
    series = figures_of(job, 99)
    items = Program(key_make(world.mia, "jobs.view").token).get(f"{ACME}/jobs/{job.pk}/figures").json()["items"]
    assert [(one["name"], one["points"][-1]["value"]) for one in items] == [(one.name, one.last) for one in series]
    assert [(one.name, one.last, len(one.points)) for one in series] == [
        ("gpu_percent", 4, 5),
        ("vram_mb", 1004, 5),
    ]
    assert b'data-value="1004"' in victor.get(url(job, "figures/")).content


def test_long_series_are_thinned_and_keep_their_ends() -> None:
    lines = [(timezone.now(), json.dumps({"metrics": {"cpu_percent": n}})) for n in range(1001)]
    points = series_read(lines)[0].points
    assert len(points) <= 242
    assert (points[0][1], points[-1][1]) == (0, 1000)


def test_signatures_lead_to_the_explorer_where_the_cluster_has_one(
    world: World, job: Job, settings: Settings
) -> None:
    runs(job)
    page = world.client(world.victor).get(url(job)).content.decode()
    assert "explorer.solana.com" not in page
    settings.CHAIN_EXPLORER = "https://explorer.solana.com/{kind}/{name}?cluster=devnet"
    page = world.client(world.victor).get(url(job)).content.decode()
    signature = job.events.exclude(signature="")[0].signature
    assert f"https://explorer.solana.com/tx/{signature}?cluster=devnet" in page


def test_all_logs_are_searched_on_a_page_that_links_to_the_line(
    world: World, job: Job, django_assert_num_queries: Any
) -> None:
    runs(job)
    job_log(job, ["fine", "the <b>Loss</b> rose", "fine"])
    victor = world.client(world.victor)
    with django_assert_num_queries(10):
        page = victor.get("/o/acme/logs/?q=loss").content.decode()
    assert "the &lt;b&gt;<mark>Loss</mark>&lt;/b&gt; rose" in page
    assert f'href="{url(job, "log/?from=1#L2")}"' in page
    assert b"No line of any log holds" in victor.get("/o/acme/logs/?q=nowhere").content
    for odd in (
        "q=lo",
        "q=loss&project=none",
        "q=loss&job=x",
        "q=loss&since=2026-12-02&until=2026-12-01",
        "q=loss&level=x",
    ):
        assert victor.get(f"/o/acme/logs/?{odd}").status_code == 422
    assert victor.get("/o/acme/logs/?q=loss&before=x").status_code == 400
    assert world.client(world.xena).get("/o/acme/logs/?q=loss").status_code == 404
    assert Client().get("/o/acme/logs/?q=loss").status_code == 302


def test_a_log_is_read_by_the_page_without_any_script(
    world: World, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.jobs.logs.LINES", 10)
    runs(job)
    job_log(job, [f"\x1b[31mline {n}\x1b[0m" for n in range(1, 26)])
    victor = world.client(world.victor)
    newest = victor.get(url(job, "log/")).content.decode()
    assert 'id="L25"' in newest
    assert 'id="L15"' not in newest
    assert "\x1b" not in newest
    assert 'href="?from=6"' in newest
    middle = victor.get(url(job, "log/?from=6")).content.decode()
    assert 'id="L6"' in middle
    assert 'href="?from=16"' in middle
    for odd in ("from=x", "from=99999", "after=-1", "level=x"):
        assert victor.get(url(job, f"log/?{odd}")).status_code == 200
