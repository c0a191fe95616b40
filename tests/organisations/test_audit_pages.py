"""The pages of the trail: search, one event, exports, digests, proof, retention."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.organisations.models import ApiKey, AuditEvent, Organisation
from apps.organisations.selectors import AuditFilters, AuditLine, audit_all
from apps.organisations.services import Actor, audit_days_close, audit_erase
from tests.organisations.keys import key_make
from tests.organisations.trail import NOW, proof_holds, record
from tests.world import World

TRAIL = "/o/acme/settings/audit/"
DAY = timedelta(days=1)


@pytest.fixture
def acts(world: World) -> World:
    """Three acts of three people on three days."""
    record(world, "cap.set", "cap:1", before={"limit_micro": 5_000_000}, after={"limit_micro": 7_000_000}, now=NOW)
    record(world, "key.revoked", "key:2", actor=Actor("person", world.adam, address="203.0.113.5"), now=NOW + DAY)
    record(
        world,
        "member.removed",
        "member:3",
        actor=Actor("staff", world.xena, acting_as=world.bea),
        after={"email": "gone@acme.example"},
        now=NOW + 2 * DAY,
    )
    record(world, "cap.set", "cap:1", organisation=world.other)
    return world


def found(world: World, **filters: Any) -> list[str]:
    lines = audit_all(world.acme, AuditFilters(**filters))
    return [line.event.act for line in lines if line.event.act != "organisation.created"]


@pytest.mark.parametrize(
    ("filters", "acts_found"),
    [
        ({}, ["member.removed", "key.revoked", "cap.set"]),
        ({"act": "cap.set"}, ["cap.set"]),
        ({"act": "cap"}, ["cap.set"]),
        ({"person": "adam"}, ["key.revoked"]),
        ({"person": "XENA@acme"}, ["member.removed"]),
        ({"subject": "key"}, ["key.revoked"]),
        ({"subject": "key:2"}, ["key.revoked"]),
        ({"text": "gone@acme"}, ["member.removed"]),
        ({"text": "203.0.113"}, ["key.revoked"]),
        ({"since": NOW + DAY}, ["member.removed", "key.revoked"]),
        ({"until": NOW + DAY}, ["cap.set"]),
        ({"person": "adam", "act": "cap"}, []),
        ({"text": "%"}, []),
    ],
)
def test_the_trail_is_searched(acts: World, filters: dict[str, Any], acts_found: list[str]) -> None:
    assert found(acts, **filters) == acts_found


def test_a_line_says_who_acted_for_whom_and_by_which_key(acts: World) -> None:
    key = ApiKey.objects.get(pk=key_make(acts.adam, "jobs.view").key.pk)
    by_key = AuditLine(record(acts, "cap.set", "cap:9", actor=Actor("key", acts.adam, api_key=key)))
    by_staff = AuditLine(AuditEvent.objects.get(act="member.removed"))
    assert by_key.who == f"Adam by the key “{key.name}”"
    assert by_staff.who == "Xena (staff, acting as bea@acme.example)"
    assert AuditLine(record(acts, actor=Actor.system())).who == "Nosana Web"


def test_owners_and_admins_read_it_and_nobody_else(acts: World) -> None:
    for name, status in (("olga", 200), ("adam", 200), ("bea", 403), ("mia", 403), ("victor", 403), ("xena", 404)):
        assert acts.client(getattr(acts, name)).get(TRAIL).status_code == status
    page = acts.client(acts.adam).get(TRAIL).content.decode()
    assert "203.0.113.5" in page
    assert "key.revoked" in page


@pytest.mark.parametrize("query", ["act=nothing", "since=yesterday", "until=99999-01-01", "until=9999-12-31"])
def test_a_search_that_cannot_be_read_is_told_and_exports_nothing(acts: World, query: str) -> None:
    adam = acts.client(acts.adam)
    answer = adam.get(f"{TRAIL}?{query}")
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.content.decode()
    assert adam.get(f"{TRAIL}export.csv?{query}").status_code == 400


def test_one_event_shows_before_and_after(acts: World) -> None:
    event = AuditEvent.objects.get(organisation=acts.acme, act="cap.set")
    page = acts.client(acts.adam).get(f"{TRAIL}{event.pk}/").content.decode()
    assert "198.51.100.7" in page
    assert '<td class="value" data-label="Before">5.00 credits</td>' in page
    foreign = AuditEvent.objects.filter(organisation=acts.other).latest("id")
    assert acts.client(acts.adam).get(f"{TRAIL}{foreign.pk}/").status_code == 404


def test_an_erased_event_says_so(acts: World) -> None:
    audit_erase(email="adam@acme.example", actor=Actor.system(), now=NOW)
    event = AuditEvent.objects.get(act="key.revoked")
    page = acts.client(acts.adam).get(f"{TRAIL}{event.pk}/").content.decode()
    assert "were erased" in page
    assert "203.0.113.5" not in page


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def test_exports_stream_every_event_that_fits(acts: World) -> None:
    adam = acts.client(acts.adam)
    rows = list(csv.DictReader(io.StringIO(body(adam.get(f"{TRAIL}export.csv")))))
    acts_told = [row["act"] for row in rows]
    assert acts_told == ["audit.exported", "member.removed", "key.revoked", "cap.set", "organisation.created"]
    assert json.loads(rows[3]["after"]) == {"limit_micro": 7_000_000}
    (only,) = json.loads(body(adam.get(f"{TRAIL}export.json?act=key")))
    assert (only["who"], only["address"]) == ("Adam", "203.0.113.5")
    assert json.loads(body(adam.get(f"{TRAIL}export.json?q=nothing-fits&act=key"))) == []


def told(world: World, act: str) -> list[tuple[str, Any]]:
    events = AuditEvent.objects.filter(organisation=world.acme, act=act).select_related("detail").order_by("id")
    return [(one.subject, {**(one.after or {}), **one.detail.content.get("after", {})}) for one in events]


def test_who_takes_the_trail_along_is_in_the_trail(acts: World) -> None:
    audit_days_close(now=NOW + 5 * DAY)
    adam, event = acts.client(acts.adam), AuditEvent.objects.get(act="key.revoked")
    here = f"organisation:{acts.acme.pk}"
    adam.get(f"{TRAIL}export.csv?person=mia%40acme.example")
    adam.get(f"{TRAIL}export.json")
    search = {"format": "csv", "search": {"person": "mia@acme.example"}}
    assert told(acts, "audit.exported") == [(here, search), (here, {"format": "json"})]
    adam.get(f"{TRAIL}digests.json")
    adam.get(f"{TRAIL}{event.pk}/proof.json")
    adam.get("/o/acme/billing/proof.json?from=2026-11-01")
    assert told(acts, "audit.digests_downloaded") == [(here, {})]
    assert told(acts, "audit.proof_downloaded") == [(f"event:{event.pk}", {})]
    assert told(acts, "ledger.proof_downloaded") == [(here, {"from": "2026-11-01"})]
    audit_erase(email="mia@acme.example", actor=Actor.system(), now=NOW)
    assert not AuditEvent.objects.filter(detail__content__icontains="mia@acme").exists()


def test_what_is_refused_is_not_told_as_taken(acts: World) -> None:
    for who in (acts.mia, acts.xena):
        acts.client(who).get(f"{TRAIL}export.csv")
    acts.client(acts.adam).get(f"{TRAIL}export.csv?since=never")
    assert told(acts, "audit.exported") == []


def test_the_proof_and_the_digests_are_downloaded_and_hold(acts: World) -> None:
    audit_days_close(now=NOW + 5 * DAY)
    adam, event = acts.client(acts.adam), AuditEvent.objects.get(act="key.revoked")
    proof = adam.get(f"{TRAIL}{event.pk}/proof.json")
    kept = adam.get(f"{TRAIL}digests.json").json()["digests"]
    assert "attachment" in proof["Content-Disposition"]
    assert proof_holds(proof.content.decode(), kept)
    assert str((NOW + 2 * DAY).date()) in kept
    assert kept[str((NOW + 2 * DAY).date())] in adam.get(TRAIL).content.decode()


def test_the_proof_of_an_open_day_waits(acts: World) -> None:
    event = AuditEvent.objects.get(act="key.revoked")
    answer = acts.client(acts.adam).get(f"{TRAIL}{event.pk}/proof.json")
    assert answer.status_code == 409
    assert "tomorrow" in answer.content.decode()


def test_the_retention_is_set_by_page(acts: World) -> None:
    adam = acts.client(acts.adam)
    assert adam.post(f"{TRAIL}retention/", {"days": "365"}).status_code == 302
    assert Organisation.objects.get(pk=acts.acme.pk).audit_retention_days == 365
    for wrong in ("30", "x", "9" * 20):
        assert adam.post(f"{TRAIL}retention/", {"days": wrong}).status_code == 422
    assert adam.post(f"{TRAIL}retention/", {"days": ""}).status_code == 302
    assert Organisation.objects.get(pk=acts.acme.pk).audit_retention_days is None


def test_the_page_takes_a_fixed_number_of_queries(acts: World, django_assert_num_queries: Any) -> None:
    adam = acts.client(acts.adam)
    with django_assert_num_queries(9):
        adam.get(TRAIL)


def test_a_program_reads_the_trail_by_pages(acts: World) -> None:
    token = key_make(acts.adam, "audit.view").token
    program = Client(headers={"Authorization": f"Bearer {token}"}, raise_request_exception=False)
    path = "/api/v1/organisations/acme/audit"
    page = program.get(f"{path}?limit=2&act=cap").json()
    assert [item["act"] for item in page["items"]] == ["cap.set"]
    assert page["items"][0]["after"] == {"limit_micro": 7_000_000}
    assert program.get(f"{path}?since=never").status_code == 400
    assert program.get(f"{path}/digests").json() == {"organisation": str(acts.acme.pk), "digests": {}}
