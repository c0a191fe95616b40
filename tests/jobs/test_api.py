"""Jobs for programs: launched, looked at, stopped and lengthened by the rules of the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Cap, Hold
from apps.core.models import Message
from apps.jobs.models import Job, JobEvent, Market
from apps.organisations.models import Approval, Organisation
from tests.console.scene import job_list
from tests.jobs.conftest import CREDITS, DEFINITION, JOBS, WANTED
from tests.organisations.keys import key_make, member
from tests.organisations.programs import ACME, Program, refused
from tests.world import World

SCOPES = ("jobs.view", "jobs.launch", "jobs.stop", "organisation.view", "organisation.edit")


def test_a_program_launches_a_job(rich: World, program: Program) -> None:
    answer = program.post(JOBS, {**WANTED, "policy": {"reposts": 0}})
    body = answer.json()
    assert (answer.status_code, body["state"], body["project"]) == (201, "pending", "default")
    assert (body["member"], body["visibility"], body["policy"]["reposts"]) == ("mia@acme.example", "private", 0)
    assert answer["Location"].endswith(f"{JOBS}/{body['id']}")
    hold = Hold.objects.get()
    assert body["held_micro"] == hold.amount_micro
    assert hold.api_key.name == "CI"
    assert program.get(f"{JOBS}/{body['id']}").json() == body


def test_labels_template_and_node_come_with_a_job_and_are_told_again(rich: World, program: Program) -> None:
    told = {"labels": {"team": "search"}, "template": "hello", "template_number": 2, "node": "N" * 44}
    assert program.post(JOBS, {**WANTED, **told, "dry_run": True}).json()["outcome"] == "launched"
    body = program.post(JOBS, {**WANTED, **told}).json()
    assert {name: body[name] for name in ("labels", "template", "template_number")} | {
        "node": body["node_wanted"]
    } == told
    job = Job.objects.get()
    assert (job.labels, job.template, job.template_number, job.node_wanted) == tuple(told.values())


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"labels": {"Bad name": "x"}}, "labels"),
        ({"labels": {"team": 7}}, "labels.team"),
        ({"labels": {f"l{n}": "x" for n in range(21)}}, "labels"),
        ({"node": "no address"}, "node"),
        ({"template_number": 2}, "template_number"),
        ({"template": "hello", "template_number": 0}, "template_number"),
    ],
)
def test_bad_labels_nodes_and_versions_are_named(
    rich: World, program: Program, told: dict[str, Any], field: str
) -> None:
    answer = program.post(JOBS, {**WANTED, **told})
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert Job.objects.count() == 0


def test_a_repeat_with_the_same_key_launches_nothing_twice(rich: World, program: Program) -> None:
    first, again = (program.post(JOBS, WANTED, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert Job.objects.count() == 1
    refused(program.post(JOBS, {**WANTED, "timeout_s": 700}, **{"Idempotency-Key": "k1"}), 409, "key_reused")
    other = Program(key_make(rich.olga).token)
    assert other.post(JOBS, WANTED, **{"Idempotency-Key": "k1"}).json()["id"] != first.json()["id"]


def test_a_dry_run_checks_everything_and_keeps_nothing(rich: World, program: Program) -> None:
    before = Message.objects.count()
    answer = program.post(JOBS, {**WANTED, "dry_run": True})
    body = answer.json()
    assert (answer.status_code, body["dry_run"], body["outcome"]) == (200, True, "launched")
    assert (body["market"], body["project"]) == ("gpu", "default")
    assert body["estimate"]["total_micro"] > body["estimate"]["network_micro"] == 43 * 600
    assert (Job.objects.count(), Hold.objects.count(), Message.objects.count()) == (0, 0, before)
    refused(program.post(JOBS, {**WANTED, "dry_run": True, "market": "none"}), 400, "market_unknown")


@pytest.mark.parametrize("dry_run", [False, True])
def test_too_few_credits_say_how_many_are_missing_and_where_to_get_them(
    rich: World, program: Program, dry_run: bool
) -> None:
    Market.objects.update(price_micro=1_000_000)
    answer = program.post(JOBS, {**WANTED, "timeout_s": 600, "dry_run": dry_run})
    refused(answer, 402, "insufficient_credits", "are missing")
    body = answer.json()
    assert body["missing_micro"] == body["needed_micro"] - CREDITS > 0
    assert body["next"]["url"].endswith("/o/acme/billing/top-up/")
    assert body["next"]["url"].startswith("http")
    assert Job.objects.count() == 0


def test_a_cap_that_is_reached_is_told_as_figures(rich: World, program: Program) -> None:
    now = timezone.now()
    Cap.objects.create(
        organisation=rich.acme, level="organisation", period="month", limit_micro=1, created_at=now, updated_at=now
    )
    answer = program.post(JOBS, WANTED)
    refused(answer, 402, "cap_reached")
    assert answer.json()["cap"] == {"level": "organisation", "period": "month", "limit_micro": 1, "left_micro": 1}


def test_a_job_above_the_limit_becomes_a_request(rich: World, program: Program) -> None:
    Organisation.objects.filter(pk=rich.acme.pk).update(approval_job_micro=1)
    assert program.post(JOBS, {**WANTED, "dry_run": True}).json()["outcome"] == "approval"
    answer = program.post(JOBS, WANTED)
    assert answer.status_code == 202
    assert answer.json() == {"approval": str(Approval.objects.get().pk)}
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"definition": {}}, "definition"),
        ({"definition": {**DEFINITION, "ops": [{**DEFINITION["ops"][0], "args": {}}]}}, "definition.ops[0].args"),  # type: ignore[dict-item, index]
        ({"definition": "{}"}, "definition"),
        ({"timeout_s": 1}, "timeout_s"),
        ({"timeout_s": 10**12}, "timeout_s"),
        ({"market": "moon"}, "market"),
        ({"name": " "}, "name"),
        ({"colour": "red"}, "colour"),
        ({"policy": {"reposts": 99}}, "policy.reposts"),
        ({"policy": {"queue_limit_s": 1}}, "policy.queue_limit_s"),
        ({"policy": {"colour": "red"}}, "policy.colour"),
        ({"visibility": "secret"}, "visibility"),
        ({"secrets": {"TOKEN": 5}}, "secrets.TOKEN"),
    ],
)
def test_a_bad_body_names_its_field_and_launches_nothing(
    rich: World, program: Program, changes: dict[str, Any], field: str
) -> None:
    answer = program.post(JOBS, {**WANTED, **changes})
    assert answer.status_code == 400, answer.content
    assert any(path.startswith(field) for path in answer.json()["fields"]), answer.json()["fields"]
    assert Job.objects.count() == 0


def test_roles_scopes_and_projects_bind_a_program(rich: World, market: Market) -> None:
    refused(Program(key_make(rich.mia, "jobs.view").token).post(JOBS, WANTED), 403, "denied", "scope jobs.launch")
    service = Program(key_make(rich.olga, "jobs.view", "jobs.launch", kind="service").token)
    refused(service.post(JOBS, WANTED), 403, "denied", "personal key")
    lab = rich.acme.projects.create(name="Lab", slug="lab")
    narrow = Program(key_make(rich.mia, project=lab).token)
    assert narrow.post(JOBS, WANTED).json()["project"] == "lab"
    refused(narrow.post(JOBS, {**WANTED, "project": "default"}), 404, "not_found")
    Program(key_make(rich.mia).token).post(JOBS, WANTED)
    assert [one["project"] for one in narrow.get(JOBS).json()["items"]] == ["lab"]
    assert [job.project.slug for job in Job.objects.order_by("id")] == ["lab", "default"]


def test_a_job_of_another_project_or_organisation_is_not_found(rich: World, launched: dict[str, Any]) -> None:
    lab = rich.acme.projects.create(name="Lab", slug="lab")
    outsider = Program(key_make(rich.xena).token)
    for program in (Program(key_make(rich.mia, project=lab).token), outsider):
        assert program.get(f"{JOBS}/{launched['id']}").status_code == 404
    xenon = JOBS.replace("acme", "xenon")
    assert outsider.get(f"{xenon}/{launched['id']}").status_code == 404
    assert outsider.get(xenon).json()["items"] == []


def test_a_list_is_narrowed_by_what_is_asked(rich: World, program: Program, launched: dict[str, Any]) -> None:
    lab = rich.acme.projects.create(name="Lab", slug="lab")
    other = program.post(JOBS, {**WANTED, "name": "Nightly", "project": "lab"}).json()

    def ids(**asked: str) -> list[str]:
        return [one["id"] for one in program.get(JOBS, **asked).json()["items"]]

    assert ids() == [other["id"], launched["id"]]
    assert ids(order="oldest") == [launched["id"], other["id"]]
    assert ids(project=lab.slug) == ids(q="night") == [other["id"]]
    assert ids(state="running,failed") == ids(member="olga@acme.example") == ids(market="moon") == []
    assert len(ids(state="pending", market="gpu", member="MIA@acme.example")) == 2
    assert ids(until=timezone.now().isoformat(), since=(timezone.now() - timedelta(hours=1)).isoformat()) == ids()
    refused(program.get(JOBS, state="lost"), 400, "invalid", "There is no state")
    page = program.get(JOBS, limit="1").json()
    assert [one["id"] for one in program.get(JOBS, limit="1", cursor=page["next_cursor"]).json()["items"]] == [
        launched["id"]
    ]
    refused(program.get(JOBS, cursor=page["next_cursor"], order="oldest"), 400, "cursor_unknown")


def test_a_list_takes_two_queries_however_long(
    rich: World, program: Program, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        program.post(JOBS, WANTED)
    with django_assert_num_queries(2):
        program.get(JOBS)


def test_only_the_fields_asked_for_are_answered(program: Program, launched: dict[str, Any]) -> None:
    assert program.get(JOBS, fields="id,state").json()["items"] == [{"id": launched["id"], "state": "pending"}]
    assert program.get(f"{JOBS}/{launched['id']}", fields="name").json() == {"name": "Hello"}
    answer = program.get(JOBS, fields="id,colour")
    refused(answer, 400, "invalid", "colour")
    assert list(answer.json()["fields"]) == ["fields"]


def test_a_job_is_stopped_once(rich: World, program: Program, launched: dict[str, Any]) -> None:
    path = f"{JOBS}/{launched['id']}/stop"
    first, again = program.post(path, {}), program.post(path, {})
    assert first.status_code == again.status_code == 200
    assert first.json()["stop_requested_at"] == again.json()["stop_requested_at"] is not None
    assert JobEvent.objects.filter(kind="stop_requested").count() == 1
    member(rich.mia).delete()
    refused(program.post(path, {}), 401, "key_without_member")


def test_a_job_gets_more_time(program: Program, launched: dict[str, Any]) -> None:
    path = f"{JOBS}/{launched['id']}/extend"
    refused(program.post(path, {"timeout_s": 1200}), 409, "conflict", "not on the network yet")
    job_list(Job.objects.select_related("attempt").get(), timezone.now())
    answer = program.post(path, {"timeout_s": 300})
    refused(answer, 400, "timeout_out_of_range")
    assert list(answer.json()["fields"]) == ["timeout_s"]
    before = Hold.objects.get().amount_micro
    assert program.post(path, {"timeout_s": 1200}).json()["held_micro"] > before


def test_a_job_is_put_into_another_project(rich: World, program: Program, launched: dict[str, Any]) -> None:
    rich.acme.projects.create(name="Lab", slug="lab")
    path = f"{JOBS}/{launched['id']}"
    assert program.send("PATCH", path, {"project": "lab"}).json()["project"] == "lab"
    refused(program.send("PATCH", path, {"project": "moon"}), 404, "not_found")
    assert Job.objects.get().project.slug == "lab"


def test_a_job_is_renamed_and_moved_together_or_not_at_all(
    rich: World, program: Program, launched: dict[str, Any]
) -> None:
    lab = rich.acme.projects.create(name="Lab", slug="lab")
    path = f"{JOBS}/{launched['id']}"
    changed = program.send("PATCH", path, {"name": "Nightly", "project": "lab"}).json()
    assert (changed["name"], changed["project"]) == ("Nightly", "lab")
    lab.archived_at = timezone.now()
    lab.save()
    Job.objects.update(project=rich.project)
    refused(program.send("PATCH", path, {"name": "Other", "project": "lab"}), 409, "project_archived")
    assert Job.objects.get().name == "Nightly"


def test_a_job_is_run_again_once_per_key(program: Program, launched: dict[str, Any]) -> None:
    path = f"{JOBS}/{launched['id']}/restart"
    first, again = (program.post(path, {}, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.json()["definition"]) == (201, launched["definition"])
    assert first.json()["id"] == again.json()["id"] != launched["id"]
    assert Job.objects.count() == 2


def test_notes_are_written_and_changed_by_their_author(
    rich: World, program: Program, launched: dict[str, Any]
) -> None:
    path = f"{JOBS}/{launched['id']}/notes"
    note = program.post(path, {"text": "Mind the gap."}).json()
    assert program.send("PATCH", f"{path}/{note['id']}", {"text": "Mind it."}).json()["edited_at"]
    olga = Program(key_make(rich.olga).token)
    assert [(one["author"], one["text"]) for one in olga.get(path).json()["items"]] == [
        ("mia@acme.example", "Mind it.")
    ]
    refused(olga.send("DELETE", f"{path}/{note['id']}", ""), 409, "note_of_another")
    assert program.send("DELETE", f"{path}/{note['id']}", "").status_code == 204
    assert program.get(path).json()["items"] == []


def test_the_rules_of_new_jobs_are_read_and_changed(rich: World) -> None:
    program = Program(key_make(rich.olga, *SCOPES).token)
    assert program.get(f"{ACME}/job-policy").json()["reposts"] == 2
    assert program.send("PATCH", f"{ACME}/job-policy", {"reposts": 1}).json()["reposts"] == 1
    answer = program.send("PATCH", f"{ACME}/job-policy", {"queue_limit_s": 5})
    refused(answer, 400, "policy_refused")
    assert list(answer.json()["fields"]) == ["queue_limit_s"]
    assert program.get(f"{ACME}/job-policy").json()["queue_limit_s"] == 1800
    assert program.send("PUT", f"{ACME}/log-keeping", {"days": 7}).json() == {"days": 7}
    assert program.get(f"{ACME}/log-keeping").json() == {"days": 7}
    refused(program.send("PUT", f"{ACME}/log-keeping", {"days": 0}), 400, "invalid")
