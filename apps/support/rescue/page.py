"""A job's page for staff: its money explained, its accounts on the chain, and what can be done about it."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django import forms

from apps.bridge.accounts import Standing, standings
from apps.bridge.chain import ChainError
from apps.jobs.models import Job
from apps.jobs.services import markets_for
from apps.jobs.state import State
from apps.support.acts.selectors import Done, acts_upon
from apps.support.desk.pages import Step, Trail, job_trail
from apps.support.rescue.acts import RIGHTS
from apps.support.rescue.forms import MoveForm, OrderForm, ReasonForm, ToldForm, TryForm
from apps.support.rescue.sums import Sum, sums_of
from apps.support.rescue.words import OUTLOOKS


@dataclass(frozen=True)
class Tool:
    """Something that can be done about a job: its form, or `why_not`."""

    name: str
    title: str
    help: str
    button: str
    form: forms.Form | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Try:
    """A try of the job: its money, and how it stands on the chain, where that was asked."""

    step: Step
    sums: Sequence[Sum]
    standing: Standing | None
    outlook: str


@dataclass(frozen=True)
class JobDesk:
    """All that staff see of a job; `standings` by try, where the chain was asked."""

    trail: Trail
    tools: Sequence[Tool]
    retries: Mapping[uuid.UUID, OrderForm]  # by parked order
    acts: Sequence[Done]
    asked: bool
    standings: Mapping[uuid.UUID, Standing]
    silent: str  # why the chain told nothing

    @property
    def tries(self) -> list[Try]:
        """Each try; the newest first, for it is the one people ask about."""
        return [
            Try(step, sums_of(step), standing := self.standings.get(step.attempt.pk), _outlook(standing))
            for step in reversed(self.trail.steps)
        ]


def job_desk(
    job_id: uuid.UUID,
    *,
    may: Callable[[str], bool],
    now: datetime,
    ask: bool = False,
    sent: tuple[str, forms.Form] | None = None,
) -> JobDesk:
    """Return a job's page; `ask` reads its accounts on the chain now, `sent` is a form that was refused.

    Raises NotFound. A chain that does not answer is said on the page.
    """
    trail = job_trail(job_id)
    found, silent = {}, ""
    if ask:
        try:
            found = standings([step.attempt for step in trail.steps], now=now)
        except ChainError as error:
            silent = str(error)
    tools = [tool for tool in _tools(trail) if may(RIGHTS[tool.name])]
    retries = {
        order.pk: OrderForm(initial={"order": order.pk})
        for step in trail.steps
        for order, _blob in step.orders
        if order.parked_at and not order.closed_at and may(RIGHTS["retry"])
    }
    if sent is not None:
        name, form = sent
        if isinstance(form, OrderForm) and (order := form.data.get("order")):
            retries |= {key: form for key in retries if str(key) == order}
        tools = [replace(tool, form=form) if tool.name == name else tool for tool in tools]
    return JobDesk(
        trail=trail,
        tools=tools,
        retries=retries,
        acts=acts_upon(organisation_id=trail.job.organisation_id, subject=f"job:{job_id}"),
        asked=ask,
        standings=found,
        silent=silent,
    )


def _outlook(standing: Standing | None) -> str:
    return OUTLOOKS[standing.outlook] if standing else ""


def _tools(trail: Trail) -> list[Tool]:
    job, attempts = trail.job, [step.attempt for step in trail.steps]
    listed = [one for one in attempts if one.address]
    open_ = [one.number for one in listed if one.gone_at is None]
    look = Tool(
        "look",
        "Read the chain again",
        "Asks the chain about every try now and applies what it shows, as the observer does all the time.",
        "Read it now",
        ReasonForm(),
    )
    collect = Tool(
        "collect",
        "Fetch log and result again",
        "Fetches what the node left and fills the log from it. What is kept already stays as it is.",
        "Fetch them",
        ReasonForm(),
    )
    end = Tool(
        "end",
        "End the job",
        "Queued, it is taken off its market and costs nothing; running, its node is paid for the seconds until now.",
        "End it",
        ToldForm(),
    )
    recover = Tool(
        "recover",
        "Take back what it left on the chain",
        "The deposit of a try that its node gave up, or the rent of one that is done. Reads the chain first.",
        "Take it back",
        TryForm(numbers=open_),
    )
    return [
        look if listed else replace(look, form=None, why_not="no try was ever on the chain"),
        collect
        if any(one.ended_at for one in attempts)
        else replace(
            collect, form=None, why_not="no try has ended; a running one's log is followed as it is written"
        ),
        replace(end, form=None, why_not=why) if (why := _not_ended(job)) else end,
        _move(job),
        recover if open_ else replace(recover, form=None, why_not="nothing of it lies on the chain any more"),
    ]


def _not_ended(job: Job) -> str:
    if job.over:
        return f"it is {job.get_state_display().lower()} already"
    if job.stop_requested_at:
        return "its end was asked for and is on its way"
    return ""


def _move(job: Job) -> Tool:
    tool = Tool(
        "move",
        "Move it to another market",
        "It is taken off its market, its hold comes back, and it is listed there as a new try with a hold of its own.",
        "Move it",
    )
    if job.state != State.QUEUED or job.stop_requested_at:
        return replace(tool, why_not="only a job that waits in a market's queue can be moved")
    markets = markets_for(job)
    if not markets:
        return replace(tool, why_not="no other market is open that has as much GPU memory")
    return replace(tool, form=MoveForm(job=job, markets=markets))
