"""Notes on a job: written, changed and deleted by their author, and told in the trail."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from apps.core.errors import AppError, Conflict, Denied, KeyReused
from apps.jobs.models import Job, Note
from apps.jobs.selectors import notes_of
from apps.jobs.services import note_add, note_delete, note_edit
from apps.organisations.models import AuditDetail, AuditEvent, Membership
from apps.organisations.services import Actor
from tests.jobs.conftest import NOW
from tests.world import World


@pytest.fixture
def job(submit: Any) -> Job:
    """A job of Mia's."""
    made: Job = submit()
    return made


def added(member: Membership, job: Job, text: str = "Lower the batch size.", key: str = "one") -> Note:
    """Write a note as the member would."""
    return note_add(membership=member, job=job, text=text, key=key, actor=Actor.person(member.user), now=NOW)


def test_a_note_is_written_once_however_often_it_is_sent(mia: Membership, job: Job) -> None:
    first, again = added(mia, job), added(mia, job)
    assert first == again
    assert [(note.text, note.author.email) for note in notes_of(job)] == [
        ("Lower the batch size.", "mia@acme.example")
    ]
    assert AuditEvent.objects.filter(act="note.added", subject=f"job:{job.pk}").count() == 1
    with pytest.raises(KeyReused):
        added(mia, job, "Something else.")


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001])
def test_a_note_without_text_or_too_long_is_refused(mia: Membership, job: Job, text: str) -> None:
    with pytest.raises(AppError) as refusal:
        added(mia, job, text)
    assert list(refusal.value.fields) == ["text"]
    assert not Note.objects.exists()


def test_only_its_author_changes_a_note_and_the_trail_keeps_both_texts(
    rich: World, mia: Membership, job: Job
) -> None:
    note, olga = added(mia, job), rich.acme.memberships.get(user=rich.olga)
    for act in (note_edit, note_delete):
        given = {"text": "mine now"} if act is note_edit else {}
        with pytest.raises(Conflict, match="Only who wrote"):
            act(membership=olga, note=note, actor=Actor.person(rich.olga), now=NOW, **given)  # type: ignore[operator]
    later = NOW + timedelta(minutes=5)
    for _ in range(2):
        note_edit(membership=mia, note=note, text="Halve it.", actor=Actor.person(mia.user), now=later)
    assert (Note.objects.get().text, Note.objects.get().edited_at) == ("Halve it.", later)
    told = AuditDetail.objects.get(event__act="note.edited").content
    assert "Lower the batch size." in str(told)
    assert "Halve it." in str(told)


def test_a_deleted_note_is_gone_and_a_repeat_changes_nothing(mia: Membership, job: Job) -> None:
    note = added(mia, job)
    for _ in range(2):
        note_delete(membership=mia, note=note, actor=Actor.person(mia.user), now=NOW)
    assert notes_of(job) == []
    assert Note.objects.get().text == ""
    assert AuditEvent.objects.filter(act="note.deleted").count() == 1
    with pytest.raises(AppError, match="deleted meanwhile"):
        note_edit(membership=mia, note=note, text="back", actor=Actor.person(mia.user), now=NOW)


def test_a_viewer_reads_and_does_not_write(rich: World, job: Job) -> None:
    with pytest.raises(Denied, match="to launch jobs it takes the role"):
        added(rich.acme.memberships.get(user=rich.victor), job, key=str(uuid.uuid4()))
    assert not Note.objects.exists()
