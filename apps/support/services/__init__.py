"""The acts of support, each in the file of its noun."""

from apps.support.services.notes import note_add
from apps.support.services.staff import staff_set
from apps.support.services.treasury import treasury_watch
from apps.support.services.visits import (
    visit_approved,
    visit_begin,
    visit_break_glass,
    visit_end,
    visit_looked,
    visit_request,
    visit_revoke,
    visits_end,
)

__all__ = [
    "note_add",
    "staff_set",
    "treasury_watch",
    "visit_approved",
    "visit_begin",
    "visit_break_glass",
    "visit_end",
    "visit_looked",
    "visit_request",
    "visit_revoke",
    "visits_end",
]
