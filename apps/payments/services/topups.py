"""The top-up's row: whose it is, locked, and ended."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.payments.errors import Parked
from apps.payments.models import TopUp
from apps.payments.services.attempts import attempt_failed
from apps.payments.states import State, topup_move

PLATFORM = "nosana-web"


def marks_of(name: str, thing_id: uuid.UUID) -> dict[str, str]:
    """Return the metadata that this platform writes on an object of Stripe, to know it again."""
    return {"platform": PLATFORM, "environment": settings.ENVIRONMENT, name: str(thing_id)}


def marks_check(metadata: Mapping[str, str], name: str) -> uuid.UUID:
    """Return the id that `marks_of` wrote under that name. Raises Parked for an object that is not ours."""
    platform, environment = metadata.get("platform", "none"), metadata.get("environment", "none")
    if (platform, environment) != (PLATFORM, settings.ENVIRONMENT):
        raise Parked(
            f"It belongs to platform “{platform}”, environment “{environment}”, and this is “{PLATFORM}”,"
            f" “{settings.ENVIRONMENT}”."
        )
    try:
        return uuid.UUID(metadata.get(name, ""))
    except ValueError:
        raise Parked(f"Its metadata names no {name.removesuffix('_id').replace('topup', 'top-up')}.") from None


def topup_of(metadata: Mapping[str, str]) -> uuid.UUID:
    """Return the id of the top-up that this platform wrote on an object of Stripe. Raises Parked for any other."""
    return marks_check(metadata, "topup_id")


def topup_lock(topup_id: uuid.UUID) -> TopUp:
    """Return the top-up with its quote, its row locked until the transaction ends. Raises Parked for an unknown one."""
    topups = TopUp.objects.select_related(
        "quote__organisation", "settled_quote", "user", "organisation"
    ).select_for_update(of=("self",))
    topup = topups.filter(id=topup_id).first()
    if topup is None:
        raise Parked(f"There is no top-up {topup_id} here.")
    return topup


def topup_close(topup: TopUp, state: str, *, reason: str, now: datetime, hopeless: bool = False) -> None:
    """End a top-up that was not paid; one that was paid or ended before stays as it is.

    Of an automatic one its rule hears; `hopeless` says that no later attempt would do better.
    """
    if topup.closed_at is not None or topup.state in (State.PAID, State.HELD):
        return
    topup_move(topup, state)
    topup.reason, topup.closed_at = reason[:300], now
    topup.save()
    if topup.automatic:
        attempt_failed(topup, hopeless=hopeless, now=now)


def topup_expire(*, topup_id: uuid.UUID, now: datetime) -> None:
    """End a top-up that never got a Checkout page: nobody can have paid it."""
    with transaction.atomic():
        topup = topup_lock(topup_id)
        if topup.stripe_session_id is None and not topup.automatic:
            topup_close(topup, State.EXPIRED, reason="", now=now)


def topup_ask_again(*, topup: TopUp) -> None:
    """Let the sweep ask Stripe about a parked top-up again, after a person has looked."""
    TopUp.objects.filter(id=topup.id).update(parked_reason="")
