"""Questions about what people wrote down."""

import uuid

from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.jobs.models import Job, Note


def notes_of(job: Job) -> list[Note]:
    """Return the job's notes with their authors, oldest first; deleted ones are left out."""
    return list(job.notes.filter(deleted_at=None).select_related("author").order_by("id"))


def note_get(job: Job, note_id: uuid.UUID | str) -> Note:
    """Return a note of the job, deleted or not. Raises NotFound."""
    try:
        note = job.notes.select_related("author").filter(pk=uuid.UUID(str(note_id))).first()
    except ValueError:
        note = None
    if note is None:
        raise NotFound(_("There is no such note on this job; choose one from its page."))
    note.job = job
    return note
