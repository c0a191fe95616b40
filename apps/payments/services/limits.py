"""Before a top-up begins: is it within what a new customer may, and is nobody trying one card after another?

Whoever calls has locked the organisation's wallet, so that two top-ups at once are counted one after the other; the
person and the address are locked here.
"""

import ipaddress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from apps.core.errors import AppError
from apps.core.moments import day_text, moment_text
from apps.core.money import fiat_text
from apps.organisations.models import Organisation
from apps.payments import sentences as said
from apps.payments.models import TopUp
from apps.payments.selectors.limits import Ceiling, Standing, organisations_of_card, standing_of, tries
from apps.payments.tiers import HELD_RISKS, SHARED_CARD

DAY = timedelta(days=1)


class TopUpLimited(AppError):
    """The organisation may not top up this much, or this often, yet; `facts` say what it may."""

    code = "topup_limited"
    status = 403


def limits_check(
    *,
    organisation: Organisation,
    person_id: int,
    currency: str,
    net_minor: int,
    now: datetime,
    address: str = "",
    fingerprint: str = "",
) -> None:
    """Pass if this top-up may begin now; the organisation's wallet is locked. Raises TopUpLimited."""
    address = address if _public(address) else ""
    _lock(f"topups:person:{person_id}", f"topups:address:{address}" if address else "")
    standing = standing_of(organisation.pk, currency, now=now)
    ceiling = standing.refused(net_minor)
    if ceiling is not None:
        raise TopUpLimited(
            ceiling_words(organisation, ceiling, currency),
            code="topup_ceiling",
            facts={
                "currency": currency,
                "window": ceiling.window,
                "limit_minor": ceiling.limit_minor,
                "left_minor": ceiling.left_minor,
                "grows_at": ceiling.grows_at and ceiling.grows_at.isoformat(),
            },
        )
    _pace(
        {
            "organisation": {"organisation": organisation.pk},
            "person": {"user": person_id},
            "address": {"ip_address": address} if address else None,
            "card": {"fingerprint": fingerprint} if fingerprint else None,
        },
        standing,
        now=now,
    )


def _pace(whose: dict[str, dict[str, object] | None], standing: Standing, *, now: datetime) -> None:
    """Raise TopUpLimited where one of the paces of settings.TOPUP_VELOCITY is reached."""
    for what, who, seconds, most in settings.TOPUP_VELOCITY:
        named = whose.get(who)
        if named is None:
            continue
        since = now - timedelta(seconds=seconds)
        if standing.counted_from is not None and who != "address":
            since = max(since, standing.counted_from)
        count, oldest = tries(what, named, since=since, now=now)
        if count >= most:
            again = (oldest or now) + timedelta(seconds=seconds)
            raise TopUpLimited(
                _pace_words(what, count, again),
                code="topup_pace",
                facts={"what": what, "of": who, "count": count, "most": most, "again_at": again.isoformat()},
            )


def review_reason(topup: TopUp, *, now: datetime) -> str:
    """Return why a person must look at a payment by card before its credits come; "" for no reason.

    What Radar said and whose card it was stand on the top-up, which is locked.
    """
    if topup.risk_level in HELD_RISKS:
        standing = standing_of(topup.organisation_id, topup.quote.currency, now=now, but=topup.pk)
        if topup.risk_level != HELD_RISKS[0] or not standing.last_tier:
            score = "" if topup.risk_score is None else f" ({topup.risk_score} of 99)"
            told = {"risk": topup.risk_level, "score": score}
            return _("Radar rates the risk of this payment as %(risk)s%(score)s.") % told
    if topup.fingerprint:
        shared = organisations_of_card(topup.fingerprint, since=now - DAY)
        if shared >= SHARED_CARD:
            return _("The same card was used for %(count)s organisations within a day.") % {"count": shared}
    return ""


def freeze_reason(topup: TopUp) -> str:
    """Return why a payment waits for a person that came, by whatever way, while the organisation is frozen; or ""."""
    if Organisation.objects.filter(pk=topup.organisation_id, frozen_at__isnull=False).exists():
        return _("The organisation was frozen when it was paid.")
    return ""


def ceiling_words(organisation: Organisation, ceiling: Ceiling, currency: str) -> str:
    """Return the sentence that names the ceiling, what is left of it, and when it grows."""
    sentence = _(said.CEILINGS[ceiling.window])
    return sentence % {
        "name": organisation.name,
        "limit": fiat_text(ceiling.limit_minor, currency),
        "left": fiat_text(ceiling.left_minor, currency),
        "growth": _growth(ceiling, currency),
    }


def _growth(ceiling: Ceiling, currency: str) -> str:
    if ceiling.grows_to is None:
        return _(said.WRITE_FOR_MORE) % {"mail": settings.SELLER["email"]}
    more = fiat_text(ceiling.grows_to, currency)
    if ceiling.grows_at is not None:
        day = day_text(ceiling.grows_at)
        return _(said.GROWS_ON) % {"more": more, "day": day}
    if ceiling.needs <= 1:
        return _(said.GROWS_AFTER_FIRST) % {"more": more, "days": ceiling.days}
    return _(said.GROWS_AFTER_SOME) % {"more": more, "days": ceiling.days, "count": ceiling.needs}


def _pace_words(what: str, count: int, again: datetime) -> str:
    sentence = _(said.PACES[what])
    return sentence % {"count": count, "time": moment_text(again, zone=True)}


def _lock(*names: str) -> None:
    with connection.cursor() as cursor:
        for name in names:
            if name:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _public(address: str) -> bool:
    """Return whether the address is somebody's own: those of our own networks are everybody's."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
