"""Days of the trail that are closed: what proves them, what shows a change, and what may leave."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.errors import AppError, Conflict, Denied
from apps.core.proofs import ProofBroken
from apps.organisations.audit_proofs import audit_proof_check
from apps.organisations.models import AuditDay, AuditDetail, AuditEvent, Membership, Organisation
from apps.organisations.selectors import audit_digests, audit_findings, audit_proof
from apps.organisations.services import Actor, audit_days_close, audit_days_empty, audit_erase, audit_retention_set
from tests.ledger.threads import at_once
from tests.organisations.trail import NOW, forged, proof_holds, record
from tests.world import World

DAY = timedelta(days=1)


@pytest.fixture
def days(world: World) -> World:
    """Acme with five events on one day and two on the next, both closed."""
    for number in range(5):
        record(world, subject=f"cap:{number}", after={"micro": number})
    for number in range(2):
        record(world, subject=f"cap:{number}", after={"finance_email": "pay@acme.example"}, now=NOW + DAY)
    audit_days_close(now=NOW + 2 * DAY)
    return world


def verified(*arguments: str) -> str:
    out = io.StringIO()
    try:
        call_command("audit_verify", *arguments, stdout=out)
    except SystemExit:
        out.write("exit 1")
    return out.getvalue()


def proof_of(world: World, subject: str = "cap:3") -> dict[str, Any]:
    return audit_proof(AuditEvent.objects.get(organisation=world.acme, subject=subject, at=NOW))


def test_a_day_is_closed_when_it_is_over_and_once(world: World) -> None:
    record(world)
    assert audit_days_close(now=NOW) == []
    assert [(day.day, day.number, day.count) for day in audit_days_close(now=NOW + DAY)] == [(NOW.date(), 1, 1)]
    assert audit_days_close(now=NOW + DAY) == []


def test_each_day_takes_in_the_one_before(days: World) -> None:
    first, second = AuditDay.objects.filter(organisation=days.acme).order_by("number")
    assert (first.count, second.count) == (5, 2)
    assert bytes(second.previous) == bytes(first.digest)
    assert verified() == "The audit trail holds.\n"


def test_an_event_of_a_closed_day_joins_the_next(days: World) -> None:
    late = record(days, subject="cap:late")
    assert audit_days_close(now=NOW + 2 * DAY) == []
    audit_days_close(now=NOW + 3 * DAY)
    late.refresh_from_db()
    assert late.day is not None
    assert (late.at, late.day.day) == (NOW, (NOW + 2 * DAY).date())
    assert verified() == "The audit trail holds.\n"


@pytest.mark.django_db(transaction=True)
def test_what_commits_after_the_close_joins_the_next_day_though_its_number_is_lower() -> None:
    world = World.build()

    def late_commit(index: int) -> int:
        with transaction.atomic():
            event = record(world, subject="cap:late")  # takes its number, is not visible yet
            (later,) = at_once(1, lambda _: record(world, subject="cap:later").pk)
            assert event.pk < later
            at_once(1, lambda _: audit_days_close(now=NOW + DAY))
            assert AuditEvent.objects.get(pk=later).day is not None
        return event.pk

    (late,) = at_once(1, late_commit)
    audit_days_close(now=NOW + 2 * DAY)
    event = AuditEvent.objects.select_related("day").get(pk=late)
    assert event.day is not None
    assert event.day.day == (NOW + DAY).date()
    assert list(audit_findings(world.acme.pk)) == []


@pytest.mark.django_db(transaction=True)
def test_a_day_closed_by_four_at_once_is_closed_once() -> None:
    world = World.build()
    for _ in range(20):
        record(world)
    results = at_once(4, lambda _: audit_days_close(now=NOW + DAY))
    assert not [result for result in results if isinstance(result, Exception)]
    assert AuditDay.objects.get(organisation=world.acme, day=NOW.date()).count == 20
    assert list(audit_findings(world.acme.pk)) == []


def test_a_proof_holds_for_us_and_for_a_stranger_who_only_read_the_docs(days: World) -> None:
    digests = audit_digests(days.acme.pk)
    for subject in ("cap:2", "cap:3", "cap:4"):
        proof = proof_of(days, subject)
        assert list(audit_proof_check(proof, digests)) == []
        assert proof_holds(json.dumps(proof), digests)


@pytest.mark.parametrize("change", ["record", "detail", "digest", "path", "events", "kept"])
def test_a_forged_proof_is_found(days: World, change: str) -> None:
    proof, digests = proof_of(days), audit_digests(days.acme.pk)
    if change == "record":
        proof["record"] = proof["record"].replace('"micro":3', '"micro":4')
    elif change == "detail":
        proof["detail"]["content"] = proof["detail"]["content"].replace("Olga", "Mia")
    elif change == "digest":
        proof["chain"][1]["digest"] = "00" * 32
    elif change == "path":
        proof["path"][0] = "00" * 32
    elif change == "events":
        proof["chain"][0]["events"] = 6
    else:
        digests[str(NOW.date())] = "00" * 32
    assert list(audit_proof_check(proof, digests)) != []
    assert not proof_holds(json.dumps(proof), digests)


@pytest.mark.parametrize("file", [[], {}, {"format": "nosana-web audit proof 1"}, {"format": "other"}])
def test_a_file_that_is_no_proof_is_refused_in_a_sentence(file: object) -> None:
    with pytest.raises(ProofBroken, match=r"\.$"):
        list(audit_proof_check(file, {}))


def test_an_open_day_has_no_proof_yet(world: World) -> None:
    with pytest.raises(Conflict, match="tomorrow"):
        audit_proof(record(world))


@pytest.mark.parametrize(
    ("forgery", "complaint"),
    [
        ("UPDATE organisations_auditevent SET subject = 'cap:9' WHERE subject = 'cap:3'", "not the ones"),
        ("UPDATE organisations_auditevent SET at = at + interval '1 second'", "not the ones"),
        ("DELETE FROM organisations_auditevent WHERE subject = 'cap:4'", "closed over 5 events, and has 4"),
        ("UPDATE organisations_auditevent SET position = 7 - position", "stands at"),
        ("UPDATE organisations_auditdetail SET content = '{}'", "personal details of event"),
        ("UPDATE organisations_auditday SET root = digest", "its digest is not that"),
        ("DELETE FROM organisations_auditday WHERE number = 1", "a day between them is gone"),
        ("UPDATE organisations_auditday SET emptied_at = now()", "it was emptied, and yet"),
    ],
)
def test_whatever_is_changed_behind_the_guards_shows(days: World, forgery: str, complaint: str) -> None:
    with forged(forgery):
        told = verified()
    assert complaint in told
    assert told.endswith("exit 1")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organisations_auditday SET digest = root",
        "UPDATE organisations_auditday SET emptied_at = now()",
        "DELETE FROM organisations_auditday",
        "UPDATE organisations_auditevent SET day_id = NULL WHERE day_id IS NOT NULL",
        "DELETE FROM organisations_auditevent WHERE day_id IS NOT NULL",
    ],
)
def test_the_database_keeps_closed_days(days: World, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_the_command_checks_a_file_against_the_database_or_against_kept_digests(
    days: World, tmp_path: Path
) -> None:
    file, kept = tmp_path / "proof.json", tmp_path / "digests.json"
    file.write_text(json.dumps(proof_of(days)))
    kept.write_text(json.dumps({"digests": audit_digests(days.acme.pk)}))
    assert verified(str(file)) == "The proof holds.\n"
    assert verified(str(file), "--digests", str(kept)) == "The proof holds.\n"
    file.write_text(file.read_text().replace('\\"micro\\":3', '\\"micro\\":4'))
    assert verified(str(file)).endswith("exit 1")
    file.write_text("[]")
    with pytest.raises(CommandError, match="does not say whose"):
        verified(str(file))
    with pytest.raises(CommandError, match="cannot be read as JSON"):
        verified(str(tmp_path / "none.json"))


def test_erasing_a_person_leaves_the_digests_whole(days: World) -> None:
    proof = proof_of(days)
    count = audit_erase(email="Olga@acme.example", actor=Actor.system(), now=NOW + 2 * DAY)
    assert count == 8  # seven acts and the creation
    assert not AuditDetail.objects.filter(content__icontains="olga").exists()
    assert verified() == "The audit trail holds.\n"
    assert proof_of(days)["detail"] is None
    assert list(audit_proof_check(proof_of(days), audit_digests(days.acme.pk))) == []
    assert list(audit_proof_check(proof, audit_digests(days.acme.pk))) == []  # what she downloaded before, too
    told = AuditEvent.objects.get(organisation=days.acme, act="audit.erased")
    assert (told.subject, told.after) == (f"user:{days.olga.pk}", {"details": 8})
    assert audit_erase(email="olga@acme.example", actor=Actor.system(), now=NOW) == 0


def test_erasing_an_address_finds_events_about_it(days: World) -> None:
    out = io.StringIO()
    call_command("audit_erase", "pay@acme.example", stdout=out)
    assert out.getvalue() == "The personal details of 2 events are erased.\n"


def keep(world: World, days: int | None) -> None:
    """Let Olga set how long events are kept."""
    membership = Membership.objects.get(user=world.olga, organisation=world.acme)
    audit_retention_set(membership=membership, days=days, actor=Actor.person(world.olga), now=NOW)


def test_retention_deletes_whole_old_days_and_the_chain_still_holds(world: World) -> None:
    now = timezone.now()
    record(world, subject="cap:old", now=now - 200 * DAY)
    record(world, subject="cap:new", now=now - 50 * DAY)
    audit_days_close(now=now)
    proof = audit_proof(AuditEvent.objects.select_related("day").get(subject="cap:old"))
    keep(world, 90)
    assert audit_days_empty(now=now) == 1
    assert audit_days_empty(now=now) == 0
    assert not AuditEvent.objects.filter(subject="cap:old").exists()
    assert AuditEvent.objects.filter(subject="cap:new").exists()
    assert AuditEvent.objects.get(act="audit.emptied").after["events"] == 1
    assert verified() == "The audit trail holds.\n"
    assert list(audit_proof_check(proof, audit_digests(world.acme.pk))) == []


def test_without_a_retention_nothing_is_ever_deleted(world: World) -> None:
    record(world, now=timezone.now() - 4000 * DAY)
    audit_days_close(now=timezone.now())
    assert audit_days_empty(now=timezone.now()) == 0


@pytest.mark.parametrize("days", [0, 89, -1, 36_501, 10**30])
def test_a_retention_that_is_too_short_is_refused(world: World, days: int) -> None:
    with pytest.raises(AppError, match="90 to 36500 days"):
        keep(world, days)
    assert Organisation.objects.get(pk=world.acme.pk).audit_retention_days is None


def test_only_owners_and_admins_set_the_retention(world: World) -> None:
    with pytest.raises(Denied):
        audit_retention_set(
            membership=Membership.objects.get(user=world.bea), days=90, actor=Actor.person(world.bea), now=NOW
        )
    keep(world, 400)
    keep(world, 400)
    event = AuditEvent.objects.get(act="audit.retention_set")
    assert (event.before, event.after) == ({"days": None}, {"days": 400})


def test_a_close_takes_few_statements_however_many_events_there_are(
    world: World, django_assert_num_queries: Any
) -> None:
    for _ in range(30):
        record(world)
    with django_assert_num_queries(8):
        audit_days_close(now=NOW + DAY)
