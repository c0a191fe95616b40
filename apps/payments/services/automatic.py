"""An automatic top-up begins: one at a time, under every cap, at a locked price, before any card is charged."""

import logging
import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.billing.errors import CapReached, QuoteRefused, RateUnavailable
from apps.billing.pricing import topup_limits
from apps.billing.selectors import availables, wallet
from apps.billing.services import (
    caps_check_topup,
    caps_refuse_topup,
    net_for_credits,
    quote_create,
    quote_preview,
)
from apps.billing.services.limits import wallet_lock
from apps.core.languages import plainly
from apps.core.money import fiat_text
from apps.core.queue import enqueue
from apps.core.sweeping import each_apart
from apps.core.wiring import ask
from apps.organisations.models import Closed, Frozen
from apps.organisations.services import organisation_keep_working
from apps.payments import sentences as said
from apps.payments.models import TopUp, TopUpRule
from apps.payments.selectors.limits import standing_of
from apps.payments.selectors.rules import Month, in_flight, month_of
from apps.payments.services.attempts import cap_key
from apps.payments.services.automatic_mails import automatic_mail
from apps.payments.services.limits import TopUpLimited, ceiling_words, limits_check
from apps.payments.services.rules import rule_lock, rule_watch

logger = logging.getLogger(__name__)

CHUNK = 500  # rules whose balances are read at once


def auto_top_up(*, organisation_id: uuid.UUID, now: datetime) -> TopUp | None:
    """Begin an automatic top-up if the organisation's rule calls for one, and promise its charge; else return None.

    However many ask at once, one begins; while one is under way no other does. On a read-only platform none does: the
    sweep looks again.
    """
    if any(ask("core.read_only", now=now)):
        return None
    rule = _ready(now).filter(organisation=organisation_id).select_related("organisation").first()
    if rule is None:
        return None
    level = rule_watch(rule, now=now)
    if level is None or wallet(organisation_id).available_micro >= level:  # most looks end here, without a lock
        return None
    try:
        with transaction.atomic():
            return _begin(organisation_id, now=now)
    except (RateUnavailable, QuoteRefused, Closed, Frozen) as refusal:  # the sweep looks again
        logger.warning("automatic top-up of %s: %s", organisation_id, refusal)
        return None


def auto_top_ups_sweep(*, now: datetime) -> int:
    """Look at every rule that may act, for what no announcement tells: a pause that ended, a month that began, a
    spending that grew. Return how many top-ups began.
    """
    if not settings.STRIPE_SECRET_KEY or any(ask("core.read_only", now=now)):
        return 0
    began, last = 0, uuid.UUID(int=0)
    while rules := list(_ready(now).filter(id__gt=last).order_by("id")[:CHUNK]):
        last = rules[-1].id
        balances = availables(rule.organisation_id for rule in rules)
        due = [
            rule.organisation_id
            for rule in rules
            if rule.below_micro is None or balances[rule.organisation_id] < rule.below_micro
        ]
        made = each_apart(due, lambda organisation_id: auto_top_up(organisation_id=organisation_id, now=now))
        began += sum(topup is not None for topup in made)
    return began


def _ready(now: datetime) -> QuerySet[TopUpRule]:
    return TopUpRule.objects.filter(Q(paused_until=None) | Q(paused_until__lte=now), on=True)


def _begin(organisation_id: uuid.UUID, *, now: datetime) -> TopUp | None:
    """Write the top-up if it is due, looking at everything once more under the locks of rule and wallet."""
    rule = rule_lock(organisation_id)
    if rule is None or not rule.on or (rule.paused_until is not None and rule.paused_until > now):
        return None
    organisation_keep_working(organisation_id)
    if in_flight(organisation_id) is not None:
        return None
    wallet_lock(organisation_id)
    level = rule_watch(rule, now=now)
    if level is None or wallet(organisation_id).available_micro >= level:
        return None
    month = month_of(rule, now=now)
    net_minor = _amount(rule, level, month, now=now)
    if net_minor is None:
        with plainly():
            reason = month_words(rule, month)
        automatic_mail(
            "cap",
            organisation=rule.organisation,
            key=f"{rule.id}:{month.starts_at:%Y-%m-%d}:{rule.month_cap_minor}",
            now=now,
            reason=reason,
        )
        return None
    quote = quote_create(organisation=rule.organisation, currency=rule.currency, net_minor=net_minor, now=now)
    topup = TopUp(
        organisation=rule.organisation, quote=quote, user_id=rule.user_id, automatic=True, card=rule.card
    )
    try:
        with plainly():  # what is refused is kept, and said again to each reader
            limits_check(
                organisation=rule.organisation,
                person_id=rule.user_id,
                currency=rule.currency,
                net_minor=net_minor,
                fingerprint=_fingerprint(rule),
                now=now,
            )
            caps_check_topup(
                organisation_id=organisation_id, key=cap_key(topup), micro=quote.credits_micro, now=now
            )
    except (CapReached, TopUpLimited) as reached:
        quote.delete()
        automatic_mail(
            "cap",
            organisation=rule.organisation,
            key=f"{rule.id}:{_window(reached, now)}",
            now=now,
            reason=reached.message,
            ours=isinstance(reached, TopUpLimited),
        )
        return None
    topup.save(force_insert=True)
    enqueue("payments.topup_charge", topup_id=str(topup.id))
    return topup


def automatic_stop(rule: TopUpRule, month: Month, *, now: datetime) -> str:
    """Return what stands against the rule's next top-up, in the language spoken now; "" where nothing does."""
    net_minor = rule.amount_minor or topup_limits(rule.currency)[0]
    if net_minor > month.left_minor:
        return month_words(rule, month)
    ceiling = standing_of(rule.organisation_id, rule.currency, now=now).refused(net_minor)
    if ceiling is not None:
        return ceiling_words(rule.organisation, ceiling, rule.currency)
    try:
        terms = quote_preview(organisation=rule.organisation, currency=rule.currency, net_minor=net_minor, now=now)
    except (RateUnavailable, QuoteRefused) as refusal:
        return refusal.message
    reached = caps_refuse_topup(organisation_id=rule.organisation_id, micro=terms.credits_micro, now=now)
    return "" if reached is None else reached.message


def month_words(rule: TopUpRule, month: Month) -> str:
    """Return the sentence that the rule's own cap of the month is used up."""
    amounts = {"cap": rule.month_cap_minor, "charged": month.charged_minor}
    return _(said.MONTH_FULL) % {name: fiat_text(minor, rule.currency) for name, minor in amounts.items()}


def _window(reached: CapReached | TopUpLimited, now: datetime) -> str:
    """Return what a mail about it is written once for: a window of a cap, or a day of a limit for new customers."""
    if isinstance(reached, TopUpLimited):
        return f"{reached.code}:{now:%Y-%m-%d}"
    return f"{reached.limit_micro}:{'' if reached.resets_at is None else f'{reached.resets_at:%Y-%m-%d}'}"


def _fingerprint(rule: TopUpRule) -> str:
    """Return Stripe's word for the rule's card, as far as it has paid here before."""
    paid = TopUp.objects.filter(organisation=rule.organisation_id, card=rule.card_id).exclude(fingerprint="")
    return paid.order_by("-id").values_list("fingerprint", flat=True).first() or ""


def _amount(rule: TopUpRule, level: int, month: Month, *, now: datetime) -> int | None:
    """Return how much to charge before VAT, in minor units; None where the month's cap leaves too little.

    Threshold mode adds the same each time. Forecast mode adds the days once more, or what the month leaves.
    """
    if rule.amount_minor is not None:
        return rule.amount_minor if rule.amount_minor <= month.left_minor else None
    low, high = topup_limits(rule.currency)
    wanted = net_for_credits(currency=rule.currency, micro=level, now=now)
    wanted = min(max(wanted, low), high, month.left_minor)
    return wanted if wanted >= low else None
