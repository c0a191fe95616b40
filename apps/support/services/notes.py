"""Notes of staff on organisations: written once, read by staff alone."""

from datetime import datetime
from uuid import UUID

from apps.core.errors import AppError, Denied, KeyReused, NotFound
from apps.organisations.models import Organisation
from apps.support.models import Note
from apps.users.models import User

RIGHT = "support.add_note"
LONGEST = 2_000


def note_add(*, note_id: UUID, organisation_id: UUID, staff: User, text: str, now: datetime) -> Note:
    """Keep a note on an organisation; the same id again returns the first.

    Raises Denied, NotFound, AppError for no text or too much of it, KeyReused for the same id with other words.
    """
    if not (staff.is_active and staff.is_staff and staff.has_perm(RIGHT)):
        raise Denied("Your role does not write notes.")
    if not Organisation.objects.filter(pk=organisation_id).exists():
        raise NotFound("There is no organisation with this id.")
    text = " ".join(text.replace("\x00", " ").split())
    if not 0 < len(text) <= LONGEST:
        raise AppError(f"A note has 1 to {LONGEST:,} characters; this one has {len(text):,}.", code="note_length")
    given = {"organisation_id": organisation_id, "staff_id": staff.pk, "text": text}
    note, _made = Note.objects.get_or_create(pk=note_id, defaults={**given, "at": now})
    if {name: getattr(note, name) for name in given} != given:
        raise KeyReused("This note was kept before, with other words; load the page again.")
    return note
