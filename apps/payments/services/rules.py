"""The rule for automatic top-ups: set by people, switched off by people or by itself."""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.pricing import topup_limits
from apps.billing.selectors import spending_per_day
from apps.billing.services import balance_watch
from apps.core.errors import AppError
from apps.core.money import CURRENCIES, fiat_text
from apps.core.queue import enqueue
from apps.organisations.models import Grant, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record, terms_require
from apps.payments.models import Card, TopUpRule
from apps.payments.services.automatic_mails import automatic_mail

WATCHER = "auto_top_up"
MOST_MICRO = 10**16  # ten thousand million credits
MOST_DAYS = 90
MOST_TIMES = 100  # the largest cap of a month, in largest top-ups


class RuleRefused(AppError):
    """The rule cannot be as it was asked for; `fields` says what to mend."""

    code = "rule_refused"


@dataclass(frozen=True)
class RuleWish:
    """How automatic top-ups shall be: credits in micro-NOS, fiat in minor units before VAT; None: the default card."""

    on: bool
    mode: str
    currency: str
    month_cap_minor: int
    below_micro: int | None = None
    amount_minor: int | None = None
    days: int | None = None
    card_id: uuid.UUID | None = None


def rule_lock(organisation_id: uuid.UUID) -> TopUpRule | None:
    """Return the organisation's rule, locked until the transaction ends; None where it never had one.

    Locks are taken in this order: top-up, rule, cards, wallet.
    """
    rules = TopUpRule.objects.select_related("organisation", "card").select_for_update(of=("self",))
    return rules.filter(organisation=organisation_id).first()


def rule_set(*, grant: Grant, wish: RuleWish, actor: Actor, now: datetime) -> TopUpRule:
    """Make the organisation's rule say this, and begin anew after declines; switched on, it is looked at once.

    Raises Denied (also for a service key: a person answers for it), RuleRefused, TermsNotAccepted.
    """
    grant.require(Permission.BILLING_MANAGE)
    organisation, user = grant.organisation, grant.member.user
    _check(wish)
    if wish.on:
        terms_require(organisation)
    with transaction.atomic():
        rule = rule_lock(organisation.id)
        before = _facts(rule) if rule is not None else None
        rule = rule or TopUpRule(organisation=organisation)
        rule.card = _card(organisation, wish)
        rule.on, rule.mode, rule.currency, rule.month_cap_minor = (
            wish.on,
            wish.mode,
            wish.currency,
            wish.month_cap_minor,
        )
        threshold = wish.mode == TopUpRule.Mode.THRESHOLD
        rule.below_micro, rule.amount_minor = (wish.below_micro, wish.amount_minor) if threshold else (None, None)
        rule.days = None if threshold else wish.days
        rule.user, rule.updated_at = user, now
        rule.declines, rule.paused_until, rule.off_reason = 0, None, ""
        rule.save()
        rule_watch(rule, now=now)
        audit_record(
            organisation_id=organisation.id,
            actor=actor,
            act="topup_rule.set",
            subject=f"topup_rule:{rule.id}",
            before=before,
            after=_facts(rule),
            now=now,
        )
        if rule.on:
            enqueue("payments.auto_top_up", organisation_id=str(organisation.id))
    return rule


def rule_off(*, grant: Grant, actor: Actor, now: datetime) -> None:
    """Switch automatic top-ups off; what is being charged at this moment still counts. A repeat changes nothing.

    Raises Denied.
    """
    grant.require(Permission.BILLING_MANAGE)
    with transaction.atomic():
        rule = rule_lock(grant.organisation_id)
        if rule is None or not rule.on:
            return
        _off(rule, reason="", actor=actor, now=now)


def rule_switch_off(
    *, organisation_id: uuid.UUID, reason: str, now: datetime, card_id: uuid.UUID | None = None
) -> None:
    """Switch automatic top-ups off for a reason that is mailed, if they are on (and paid with that card)."""
    rule = rule_lock(organisation_id)
    if rule is None or not rule.on or (card_id is not None and rule.card_id != card_id):
        return
    _off(rule, reason=reason, actor=Actor.system(), now=now)
    key = f"{rule.id}:{now.isoformat()}"
    automatic_mail("off", organisation=rule.organisation, key=key, now=now, rule=rule, reason=reason)


def _off(rule: TopUpRule, *, reason: str, actor: Actor, now: datetime) -> None:
    rule.on, rule.off_reason, rule.paused_until, rule.updated_at = False, reason[:300], None, now
    rule.save()
    rule_watch(rule, now=now)
    audit_record(
        organisation_id=rule.organisation_id,
        actor=actor,
        act="topup_rule.off",
        subject=f"topup_rule:{rule.id}",
        before={"on": True, "cause": ""},
        after={"on": False, "cause": rule.off_reason},
        now=now,
    )


def rule_watch(rule: TopUpRule, *, now: datetime) -> int | None:
    """Have falls of the balance below the rule's level told, and return the level (micro-NOS); None while it is off.

    In forecast mode the level is what the days will cost by today's spending, so it is set anew with every look.
    """
    level = None
    if rule.on:
        level = rule.below_micro
        if rule.days is not None:
            level = rule.days * spending_per_day(rule.organisation_id, now=now)
    balance_watch(organisation_id=rule.organisation_id, watcher=WATCHER, below_micro=level)
    return level


def _card(organisation: Organisation, wish: RuleWish) -> Card | None:
    """Return the card of the wish, kept from removal until the transaction ends. Raises RuleRefused."""
    cards = Card.objects.select_for_update(no_key=True).filter(organisation=organisation, removed_at=None)
    if wish.card_id is not None:
        card = cards.filter(id=wish.card_id).first()
        if card is None:
            raise _refused(
                "card",
                _("There is no such card of %(organisation)s; choose one from the list.")
                % {"organisation": organisation.name},
            )
        return card
    card = cards.filter(default=True).first()
    if card is None and wish.on:
        raise _refused("card", _("There is no card to charge; add one first."))
    return card


def _check(wish: RuleWish) -> None:
    if wish.currency not in CURRENCIES:
        raise _refused(
            "currency",
            _("Credits are sold in %(currencies)s; choose one of them.") % {"currencies": ", ".join(CURRENCIES)},
        )
    low, high = topup_limits(wish.currency)
    if wish.mode not in TopUpRule.Mode.values:
        raise _refused(
            "mode", _("A rule is %(values)s; choose one.") % {"values": " or ".join(TopUpRule.Mode.values)}
        )
    if wish.mode == TopUpRule.Mode.THRESHOLD:
        if type(wish.below_micro) is not int or not 0 < wish.below_micro <= MOST_MICRO:
            raise _refused("below", _("Say below how many credits to top up: more than 0."))
        if type(wish.amount_minor) is not int or not low <= wish.amount_minor <= high:
            raise _refused(
                "amount",
                _("A top-up is between %(low)s and %(high)s before VAT; choose an amount in between.")
                % {"low": fiat_text(low, wish.currency), "high": fiat_text(high, wish.currency)},
            )
    elif type(wish.days) is not int or not 0 < wish.days <= MOST_DAYS:
        raise _refused(
            "days", _("Say for how many days credits shall last: 1 to %(most_days)s.") % {"most_days": MOST_DAYS}
        )
    least, most = wish.amount_minor or low, MOST_TIMES * high
    if type(wish.month_cap_minor) is not int or not least <= wish.month_cap_minor <= most:
        raise _refused(
            "month_cap",
            _("The most for a month must be between %(least)s and %(most)s: room for one top-up at least.")
            % {"least": fiat_text(least, wish.currency), "most": fiat_text(most, wish.currency)},
        )


def _refused(field: str, sentence: str) -> RuleRefused:
    return RuleRefused(sentence, fields={field: [sentence]})


def _facts(rule: TopUpRule) -> dict[str, Any]:
    wish = RuleWish(
        on=rule.on,
        mode=rule.mode,
        currency=rule.currency,
        month_cap_minor=rule.month_cap_minor,
        below_micro=rule.below_micro,
        amount_minor=rule.amount_minor,
        days=rule.days,
    )
    return {**asdict(wish), "card_id": None if rule.card_id is None else f"card:{rule.card_id}"}
