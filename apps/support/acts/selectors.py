"""What the glance shows of notices and of the staff's own acts; organisation first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.billing.models import Cap
from apps.billing.selectors.subjects import subject_names
from apps.billing.windows import Period
from apps.core.models import StaffAct
from apps.core.money import credits_text
from apps.core.words import in_sentence
from apps.notifications.models import Event
from apps.notifications.types import notice_kinds
from apps.notifications.words import notice_words
from apps.organisations.act_words import act_words
from apps.organisations.models import Organisation
from apps.organisations.roles import PERMISSIONS

SHOWN = 8
Choice = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """A notice as its readers have it, and to whom it went."""

    at: datetime
    title: str
    text: str
    readers: str


@dataclass(frozen=True)
class Done:
    """What a colleague did, and why."""

    at: datetime
    who: str
    what: str
    subject: str
    reason: str


def notices_told(organisation_id: uuid.UUID) -> Sequence[Told]:
    """Return the newest notices of an organisation, whoever may read them."""
    kinds = notice_kinds()
    rows = Event.objects.filter(organisation=organisation_id, type__in=kinds).exclude(audience="")
    return [_told(event) for event in rows.select_related("person").order_by("-id")[:SHOWN]]


def _told(event: Event) -> Told:
    title, text = notice_words(event)
    permission = PERMISSIONS.get(event.audience)  # one of an older version may be gone
    many = f"who may {permission.label if permission else event.audience}"
    readers = event.person.email if event.person else many
    return Told(event.at, title, text, readers)


def acts_done(organisation_id: uuid.UUID) -> Sequence[Done]:
    """Return the newest acts of staff upon an organisation."""
    rows = StaffAct.objects.filter(organisation_id=organisation_id).select_related("staff").order_by("-id")
    return [_done(one) for one in rows[:SHOWN]]


def acts_upon(*, organisation_id: uuid.UUID, subject: str) -> Sequence[Done]:
    """Return the newest acts of staff upon one thing of an organisation, as in "job:<id>"."""
    rows = StaffAct.objects.filter(organisation_id=organisation_id, subject=subject).select_related("staff")
    return [_done(one) for one in rows.order_by("-id")[:SHOWN]]


def _done(act: StaffAct) -> Done:
    who = act.staff.email if act.staff else "the machine's console"
    subject = "" if act.subject == f"organisation:{act.organisation_id}" else act.subject
    return Done(act.at, who, act_words(act.act), subject, act.reason)


def caps_to_set(organisation: Organisation) -> list[Choice]:
    """Return the caps that there are, and those that the whole organisation could have, as key and words."""
    caps = list(Cap.objects.filter(organisation=organisation).order_by("level", "created_at"))
    names = subject_names(organisation, [(cap.level, cap.subject_id) for cap in caps])
    found = {
        f"{cap.level}:{cap.subject_id}:{cap.period}": f"{names[cap.level, cap.subject_id]}, "
        f"{in_sentence(cap.get_period_display())}: {credits_text(cap.limit_micro)} credits now"
        for cap in caps
    }
    for period in Period:
        found.setdefault(f"organisation::{period.value}", f"{organisation}, {in_sentence(period.label)}: none yet")
    return list(found.items())
