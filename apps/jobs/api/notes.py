"""Notes on jobs: read by whoever sees the job, changed and deleted by their author alone."""

import uuid
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Conflict
from apps.core.rest import Body, Text, page_answer
from apps.core.rest.schema import described
from apps.jobs.models import NOTE_LIMIT, Note
from apps.jobs.selectors import job_get, note_get
from apps.jobs.services import note_add, note_delete, note_edit
from apps.organisations.api.frame import Endpoint
from apps.organisations.models import Grant
from apps.organisations.roles import Permission


class NoteShape(serializers.ModelSerializer[Note]):
    """What a member wrote down about a job."""

    author = serializers.CharField(source="author.email")

    class Meta:
        model = Note
        fields = ("id", "author", "text", "created_at", "edited_at")


class NoteBody(Body):
    """A note."""

    text = Text(max_length=NOTE_LIMIT)


class Notes(Endpoint):
    """The notes on a job."""

    @described(NoteShape, page=True)
    def get(self, request: Request, slug: str, job_id: UUID) -> Response:
        """List the notes on a job, oldest first."""
        job = job_get(self.grant(Permission.JOBS_VIEW), job_id)
        rows = job.notes.filter(deleted_at=None).select_related("author")
        return page_answer(request, rows, lambda row: NoteShape(row).data)

    @described(NoteShape, body=NoteBody, status=201)
    def post(self, request: Request, slug: str, job_id: UUID) -> Response:
        """Write a note on a job."""
        grant = self.grant(Permission.JOBS_LAUNCH)
        job = job_get(grant, job_id, Permission.JOBS_LAUNCH)
        text = NoteBody(data=request.data).read()["text"]
        member = grant.member

        def act() -> Any:
            note = note_add(
                membership=member,
                job=job,
                text=text,
                key=str(uuid.uuid4()),
                actor=self.actor,
                now=timezone.now(),
            )
            return NoteShape(note).data

        return self.once(grant, act, forgets=True)


class OneNote(Endpoint):
    """A note on a job."""

    @described(NoteShape, body=NoteBody)
    def patch(self, request: Request, slug: str, job_id: UUID, note_id: UUID) -> Response:
        """Change the text of a note; only its author may."""
        grant = self.grant(Permission.JOBS_LAUNCH)
        note = note_get(job_get(grant, job_id, Permission.JOBS_LAUNCH), note_id)
        _authors_only(grant, note)
        text = NoteBody(data=request.data).read()["text"]
        changed = note_edit(membership=grant.member, note=note, text=text, actor=self.actor, now=timezone.now())
        return Response(NoteShape(changed).data)

    @described(status=204)
    def delete(self, request: Request, slug: str, job_id: UUID, note_id: UUID) -> Response:
        """Delete a note; only its author may. A repeat changes nothing."""
        grant = self.grant(Permission.JOBS_LAUNCH)
        note = note_get(job_get(grant, job_id, Permission.JOBS_LAUNCH), note_id)
        _authors_only(grant, note)
        note_delete(membership=grant.member, note=note, actor=self.actor, now=timezone.now())
        return Response(status=204)


def _authors_only(grant: Grant, note: Note) -> None:
    if note.author_id != grant.member.user_id:
        raise Conflict(
            _("Only who wrote a note may change it; write one of your own beside it."), code="note_of_another"
        )
