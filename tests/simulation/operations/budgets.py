"""Budgets: set, changed, removed, and their forecast asked for. They stop nothing, but tell each mark once."""

from datetime import datetime
from typing import Any

from apps.billing.models import Budget, Level
from apps.billing.services import budget_remove, budget_set, budgets_forecast
from apps.billing.windows import Period
from tests.simulation.world import CREDIT, Operation, World


def set_anew(world: World) -> Operation:
    """Return a budget's new amount and marks."""
    place, chance = world.place(), world.chance
    level = chance.choice([Level.ORGANISATION, Level.PROJECT, Level.MEMBER])
    subject = {Level.PROJECT: str(place.projects[0].id), Level.MEMBER: str(place.owner.user_id)}.get(level, "")
    period = chance.choice([Period.DAY, Period.WEEK, Period.MONTH])
    micro = chance.choice([chance.randrange(1, 20 * CREDIT), chance.randrange(1, 500 * CREDIT)])
    marks = chance.sample([1, 50, 80, 100, 200], chance.randrange(1, 4))

    def run(now: datetime) -> Any:
        return budget_set(
            membership=place.owner,
            actor=place.actor,
            level=level,
            subject_id=subject,
            period=period,
            limit_micro=micro,
            marks=marks,
            forecast=True,
            people=[place.owner.user_id],
            now=now,
        )

    return Operation("budget_set", run, place)


def removed(world: World) -> Operation | None:
    """Return the end of a budget."""
    found = list(Budget.objects.order_by("id").values_list("id", "organisation_id"))
    if not found:
        return None
    budget_id, organisation_id = world.chance.choice(found)
    place = next(one for one in world.places if one.organisation.id == organisation_id)

    def run(now: datetime) -> Any:
        return budget_remove(membership=place.owner, actor=place.actor, budget_id=budget_id, now=now)

    return Operation("budget_remove", run, place)


def forecast(world: World) -> Operation:
    """Return the hourly look at what will be spent by the end of each window."""
    return Operation("budgets_forecast", lambda now: budgets_forecast(now=now))


OFFERS = [(1, set_anew), (0.5, removed), (0.5, forecast)]
