"""Notes on a job: plain text, by whoever may launch jobs there; edited and deleted by their author alone."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict
from apps.core.idempotency import once
from apps.jobs.models import NOTE_LIMIT, Job, Note
from apps.jobs.services.logs import storable
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record


def note_add(*, membership: Membership, job: Job, text: str, key: str, actor: Actor, now: datetime) -> Note:
    """Write a note on the job; a used key returns its note. Raises Denied, AppError for no text or too much of it."""
    _may_write(membership, job)
    kept = note_text(text)

    def act() -> str:
        note = Note.objects.create(job=job, author_id=membership.user_id, text=kept, created_at=now)
        _record(membership, actor, note, "note.added", now, after=kept)
        return str(note.pk)

    scope = f"{membership.organisation_id}:note_add"
    made = once(scope=scope, key=key, content=[str(job.pk), membership.user_id, kept], act=act, forgets=True)
    return Note.objects.select_related("author").get(pk=made)


def note_edit(*, membership: Membership, note: Note, text: str, actor: Actor, now: datetime) -> Note:
    """Change the text of one's own note; the same text again changes nothing. Raises as note_add, Conflict."""
    _may_write(membership, note.job)
    kept = note_text(text)
    with transaction.atomic():
        note = _own(membership, note)
        if note.deleted_at is not None:
            raise Conflict(_("This note was deleted meanwhile; write a new one."))
        if note.text != kept:
            before, note.text, note.edited_at = note.text, kept, now
            note.save(update_fields=["text", "edited_at"])
            _record(membership, actor, note, "note.edited", now, before=before, after=kept)
    return note


def note_delete(*, membership: Membership, note: Note, actor: Actor, now: datetime) -> None:
    """Delete one's own note; only the audit trail keeps its text. A repeat changes nothing. Raises Denied, Conflict."""
    _may_write(membership, note.job)
    with transaction.atomic():
        note = _own(membership, note)
        if note.deleted_at is None:
            before, note.text, note.deleted_at = note.text, "", now
            note.save(update_fields=["text", "deleted_at"])
            _record(membership, actor, note, "note.deleted", now, before=before)


def note_text(text: str) -> str:
    """Return the text as a note keeps it. Raises AppError for none, or too much."""
    kept = storable(text.replace("\r\n", "\n")).strip()
    sentence = ""
    if not kept:
        sentence = _("The note is empty; write what others should know.")
    elif len(kept) > NOTE_LIMIT:
        sentence = _("A note has %(most)d characters at most, this one has %(count)d; shorten it.") % {
            "most": NOTE_LIMIT,
            "count": len(kept),
        }
    if sentence:
        raise AppError(sentence, code="note_invalid", fields={"text": [sentence]})
    return kept


def _may_write(membership: Membership, job: Job) -> None:
    membership.require(Permission.JOBS_LAUNCH, job.project_id)
    if job.organisation_id != membership.organisation_id:
        raise Conflict(_("This job belongs to another organisation."))


def _own(membership: Membership, note: Note) -> Note:
    """Return the note with its row locked, if the member wrote it. Raises Conflict."""
    if note.author_id != membership.user_id:
        raise Conflict(
            _("Only who wrote a note may change it; write one of your own beside it."), code="note_of_another"
        )
    return Note.objects.select_for_update(of=("self",)).select_related("author").get(pk=note.pk)


def _record(
    membership: Membership,
    actor: Actor,
    note: Note,
    act: str,
    now: datetime,
    *,
    before: str = "",
    after: str = "",
) -> None:
    """Write the act into the trail; the texts go to its erasable side."""
    audit_record(
        organisation_id=membership.organisation_id,
        actor=actor,
        act=act,
        subject=f"job:{note.job_id}",
        before={"note_id": str(note.pk), "note": before} if before else None,
        after={"note_id": str(note.pk), "note": after} if after else None,
        now=now,
    )
