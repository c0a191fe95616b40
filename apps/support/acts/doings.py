"""The acts by name: the right each takes, what its page says, and the one service that does it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, TypedDict
from uuid import UUID

from django.conf import settings

from apps.billing.services import caps_of_staff, staff_cap_set, trial_extend, trial_extensions, trial_left
from apps.core.money import MICRO, credits_text, fiat_text
from apps.jobs.models import Job
from apps.jobs.state import OVER
from apps.organisations.models import Approval, Organisation
from apps.organisations.services import Actor, freezing, organisation_freeze, organisation_thaw, staff
from apps.payments.selectors.limits import standing_of
from apps.payments.services import allowance_give, holding
from apps.support.acts.forms import ActForm, CapForm, FreezeForm, LimitsForm, ResendForm, TrialForm
from apps.support.acts.resending import thing_send

ASKED = "Nothing is changed yet: a colleague must approve it, and was asked by mail."
Facts = Sequence[tuple[str, str]]
Told = Mapping[str, Any]  # what the form says


class Said(TypedDict):
    """What every act is told, by whichever form."""

    organisation_id: UUID
    reason: str
    actor: Actor
    now: datetime


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
    do: Callable[[Told, Organisation, Said], str]
    facts: Callable[[Organisation, datetime], Facts] = _nothing


def _going(organisation: Organisation, now: datetime) -> Facts:
    """Say what is at stake: what runs, and since when it is frozen."""
    count = Job.objects.filter(organisation=organisation).exclude(state__in=OVER).count()
    facts = [("Jobs that wait or run", f"{count:,}")]
    if organisation.frozen_at is not None:
        facts.append(("Frozen since", f"{organisation.frozen_at:%Y-%m-%d %H:%M} UTC"))
        facts.append(("Its people read", organisation.frozen_sentence))
    return facts


def _freeze(told: Told, organisation: Organisation, said: Said) -> str:
    organisation_freeze(why=told["why"], stop_jobs=told["stop_jobs"], **said)
    jobs = "its jobs are being stopped" if told["stop_jobs"] else "what runs goes on"
    return f"{organisation} is frozen; {jobs}, and its owner and admins are told."


def _thaw(told: Told, organisation: Organisation, said: Said) -> str:
    organisation_thaw(**said)
    return f"{organisation} works again; its owner and admins are told. Payments that were held wait for a person."


def _caps(organisation: Organisation, now: datetime) -> Facts:
    """Say how far a person may go alone."""
    alone = f"{settings.CAP_STAFF_ALONE_CREDITS:,} credits"
    own = organisation.approval_cap_micro
    return [
        (
            "You may raise a cap alone to",
            alone if own is None else f"{alone}, and {credits_text(own)} by their rule",
        )
    ]


def _cap(told: Told, organisation: Organisation, said: Said) -> str:
    level, subject_id, period = told["cap"].split(":")
    done = staff_cap_set(
        level=level,
        subject_id=subject_id,
        period=period,
        limit_micro=None if told["credits"] is None else int(told["credits"] * MICRO),
        **said,
    )
    if isinstance(done, Approval):
        return ASKED
    return (
        f"The cap is {credits_text(done.limit_micro)} credits now." if done else "There is no such cap any more."
    )


def _standing(organisation: Organisation, now: datetime) -> Facts:
    """Say what may be topped up now, and what is left of it."""
    words = {"once": "At once", "day": "Within 24 hours", "week": "Within seven days"}
    currency = organisation.currency
    ceilings = standing_of(organisation.pk, currency, now=now).ceilings
    alone = ("You may set alone, within 24 hours", fiat_text(settings.TOPUP_STAFF_ALONE_MINOR, currency))
    found = [
        (
            words[one.window],
            f"{fiat_text(one.left_minor, currency)} left of {fiat_text(one.limit_minor, currency)}",
        )
        for one in ceilings
    ]
    return [*(found or [("Now", "no ceilings of its own: it is an old customer")]), alone]


def _limits(told: Told, organisation: Organisation, said: Said) -> str:
    until = told["until"] and datetime.combine(told["until"], time.max, tzinfo=UTC)
    done = allowance_give(
        allowance_id=told["submission"],
        currency=told["currency"],
        once_minor=int(told["once"] * 100),
        day_minor=int(told["day"] * 100),
        week_minor=int(told["week"] * 100),
        until=until,
        **said,
    )
    return ASKED if done.granted_at is None else "It counts from now on; what was tried before counts no more."


def _trial_state(organisation: Organisation, now: datetime) -> Facts:
    """Say what is left of the trial, and until when."""
    lots = trial_left(organisation.pk, now=now)
    left = [
        (
            f"Until {lot.expires_at:%Y-%m-%d}",
            f"{credits_text(lot.remaining_micro)} of {credits_text(lot.granted_micro)}",
        )
        for lot in lots
        if lot.expires_at
    ]
    alone = f"{settings.GOODWILL_LIMIT_CREDITS:,} credits in 30 days, {settings.TRIAL_STAFF_ALONE_DAYS} days"
    return [*(left or [("Of a trial is left", "nothing")]), ("You may give alone", alone)]


def _trial(told: Told, organisation: Organisation, said: Said) -> str:
    done = trial_extend(
        extension_id=told["submission"],
        days=told["days"],
        micro=int((told["credits"] or 0) * MICRO),
        **said,
    )
    return ASKED if done.until is None else f"The trial lasts until {done.until:%Y-%m-%d %H:%M} UTC."


def _resend(told: Told, organisation: Organisation, said: Said) -> str:
    return thing_send(what=told["what"], **said)


ACTS = {
    "freeze": Act(
        right=freezing.FREEZES,
        title="Freeze",
        lead="Nobody can start a job, top up, invite or change anything in it until it is thawed. They can still "
        "look, stop jobs, revoke keys and write to us. A payment that comes meanwhile is held.",
        button="Freeze it",
        form=FreezeForm,
        do=_freeze,
        facts=_going,
    ),
    "thaw": Act(
        right=freezing.FREEZES,
        title="Thaw",
        lead="Everything works again as before, automatic top-ups too.",
        button="Thaw it",
        form=ActForm,
        do=_thaw,
        facts=_going,
    ),
    "cap": Act(
        right=caps_of_staff.RIGHT,
        title="Change a cap",
        lead="A cap is never passed: jobs that would are refused. A new one counts what its window spent before.",
        button="Set the cap",
        form=CapForm,
        do=_cap,
        facts=_caps,
    ),
    "limits": Act(
        right=holding.RIGHT,
        title="Change how much may be topped up",
        lead="These ceilings take the place of those of a new customer, higher or lower, in any currency alike; what "
        "was tried before counts no more. Before VAT.",
        button="Set the ceilings",
        form=LimitsForm,
        do=_limits,
        facts=_standing,
    ),
    "trial": Act(
        right=trial_extensions.RIGHT,
        title="Make the trial longer",
        lead="What is left of a trial lasts longer, and more credits may come with it, at the platform's cost.",
        button="Make it longer",
        form=TrialForm,
        do=_trial,
        facts=_trial_state,
    ),
    "resend": Act(
        right=staff.RESENDS,
        title="Send again",
        lead="What did not go or was lost goes once more; pressing twice sends one.",
        button="Send it",
        form=ResendForm,
        do=_resend,
    ),
}
