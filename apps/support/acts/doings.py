"""The acts by name: the right each takes, what its page says, and the one service that does it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.jobs.models import Job
from apps.jobs.state import OVER
from apps.organisations.models import Organisation
from apps.organisations.services import Actor, organisation_freeze, organisation_thaw
from apps.support.acts.forms import ActForm, FreezeForm

FREEZES = "organisations.freeze_organisation"
Facts = Sequence[tuple[str, str]]


def _nothing(organisation: Organisation, now: datetime) -> Facts:
    return ()


@dataclass(frozen=True)
class Act:
    """One act: its page's words, the form, the facts shown above it, and what does it and says what came of it."""

    right: str
    title: str
    lead: str
    button: str
    form: type[ActForm]
    do: Callable[[ActForm, Organisation, Actor, datetime], str]
    facts: Callable[[Organisation, datetime], Facts] = _nothing


def _going(organisation: Organisation, now: datetime) -> Facts:
    """Say what is at stake: what runs, and since when it is frozen."""
    count = Job.objects.filter(organisation=organisation).exclude(state__in=OVER).count()
    facts = [("Jobs that wait or run", f"{count:,}")]
    if organisation.frozen_at is not None:
        facts.append(("Frozen since", f"{organisation.frozen_at:%Y-%m-%d %H:%M} UTC"))
        facts.append(("Its people read", organisation.frozen_sentence))
    return facts


def _freeze(form: ActForm, organisation: Organisation, actor: Actor, now: datetime) -> str:
    told = form.cleaned_data
    organisation_freeze(
        organisation_id=organisation.pk,
        reason=told["reason"],
        why=told["why"],
        stop_jobs=told["stop_jobs"],
        actor=actor,
        now=now,
    )
    jobs = "its jobs are being stopped" if told["stop_jobs"] else "what runs goes on"
    return f"{organisation} is frozen; {jobs}, and its owner and admins are told."


def _thaw(form: ActForm, organisation: Organisation, actor: Actor, now: datetime) -> str:
    organisation_thaw(organisation_id=organisation.pk, reason=form.cleaned_data["reason"], actor=actor, now=now)
    return f"{organisation} works again; its owner and admins are told. Payments that were held wait for a person."


ACTS = {
    "freeze": Act(
        right=FREEZES,
        title="Freeze",
        lead="Nobody can start a job, top up, invite or change anything in it until it is thawed. They can still "
        "look, stop jobs, revoke keys and write to us. A payment that comes meanwhile is held.",
        button="Freeze it",
        form=FreezeForm,
        do=_freeze,
        facts=_going,
    ),
    "thaw": Act(
        right=FREEZES,
        title="Thaw",
        lead="Everything works again as before, automatic top-ups too.",
        button="Thaw it",
        form=ActForm,
        do=_thaw,
        facts=_going,
    ),
}
