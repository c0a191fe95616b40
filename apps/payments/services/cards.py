"""Cards: kept as Stripe tells of them, one of them the default, removed here first and at Stripe after."""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Conflict, NotFound
from apps.core.queue import enqueue
from apps.organisations.models import Grant, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record
from apps.payments import gateway
from apps.payments import sentences as said
from apps.payments.errors import Parked
from apps.payments.gateway import KeptCard
from apps.payments.models import Card, StripeCustomer
from apps.payments.services.rules import rule_lock, rule_switch_off

logger = logging.getLogger(__name__)

DETACH_AFTER = timedelta(minutes=1)  # what the message usually needs, and more
CHECK_AFTER = timedelta(days=1)
BATCH = 50  # cards of each kind in one round


class CardInUse(Conflict):
    """Automatic top-ups are paid with the card."""

    code = "card_in_use"


@dataclass(frozen=True)
class CardNews:
    """A card as Stripe has it now, and whose it is."""

    organisation_id: uuid.UUID
    kept: KeptCard


def card_fetch(thing: dict[str, Any]) -> CardNews | None:
    """Return the card of a payment method's event as Stripe has it now, or None for what is no card.

    Raises Parked for one that belongs to nobody here, gateway.StripeUnavailable or gateway.StripeRefused.
    """
    kept = gateway.card_get(thing["id"])
    if not kept.brand:
        return None
    known = Card.objects.filter(payment_method=kept.id).first()
    if known is not None:
        return CardNews(known.organisation_id, kept)
    if kept.customer is None:  # kept and removed again before we heard of it
        return None
    owner = StripeCustomer.objects.filter(customer_id=kept.customer).first()
    if owner is None:
        raise Parked(f"It belongs to Stripe's customer {kept.customer}, and no organisation here is that one.")
    return CardNews(owner.organisation_id, kept)


def card_apply(news: CardNews, *, now: datetime) -> None:
    """Make our row say what Stripe has of the card; must run in the caller's transaction."""
    card_keep(organisation_id=news.organisation_id, kept=news.kept, user_id=None, now=now)


def card_keep(*, organisation_id: uuid.UUID, kept: KeptCard, user_id: int | None, now: datetime) -> Card | None:
    """Write the card as Stripe has it; the first one is the default. Return it, or None if Stripe has it no more.

    What was removed, here or at Stripe, stays removed whatever older news says. In the caller's transaction.
    """
    rule_lock(organisation_id)  # before the cards, as whoever sets the rule does
    StripeCustomer.objects.select_for_update(no_key=True).get(
        organisation=organisation_id
    )  # one default at a time
    card = Card.objects.filter(payment_method=kept.id).first()
    if card is None and kept.customer is None:
        return None
    if card is None:
        card = Card(organisation_id=organisation_id, payment_method=kept.id, created_at=now)
        card.default = not Card.objects.filter(organisation=organisation_id, removed_at=None).exists()
    card.brand, card.last4, card.country = kept.brand, kept.last4, kept.country
    card.expires_month, card.expires_year = kept.expires_month, kept.expires_year
    card.checked_at = now
    card.user_id = card.user_id or user_id
    if kept.customer is None:
        _gone(card, now=now)
        return None
    card.save()
    return card if card.removed_at is None else None


def _gone(card: Card, *, now: datetime) -> None:
    """Note that Stripe has the card no more; what was paid with it by itself is switched off."""
    was_default = card.default
    card.default, card.removed_at, card.detached_at = False, card.removed_at or now, card.detached_at or now
    card.save()
    if was_default:
        _default_pass_on(card)
    reason = said.CARD_GONE % {"card": card}
    rule_switch_off(organisation_id=card.organisation_id, card_id=card.id, reason=reason, now=now)


def cards_lost(*, organisation_id: uuid.UUID, now: datetime) -> None:
    """Note that Stripe has none of the organisation's cards any more: their customer was deleted there.

    The caller holds the locks of rule and customer.
    """
    lost = Card.objects.filter(organisation=organisation_id, detached_at=None)
    for card in lost.order_by("default", "id"):  # the default last: none is to take its place
        _gone(card, now=now)


def _default_pass_on(card: Card) -> None:
    """Make the newest card that is left the default."""
    left = Card.objects.filter(organisation=card.organisation_id, removed_at=None).exclude(id=card.id)
    newest = left.order_by("-id").first()
    if newest is not None:
        Card.objects.filter(id=newest.id).update(default=True)


def card_default_set(*, grant: Grant, card_id: uuid.UUID, actor: Actor, now: datetime) -> Card:
    """Make the card the organisation's default; a repeat changes nothing. Raises Denied, NotFound."""
    grant.require(Permission.BILLING_MANAGE)
    with transaction.atomic():
        card = _locked(grant.organisation, card_id)
        if card.default:
            return card
        before = Card.objects.filter(organisation=grant.organisation, default=True).first()
        Card.objects.filter(organisation=grant.organisation, default=True).update(default=False)
        card.default = True
        card.save(update_fields=["default"])
        audit_record(
            organisation_id=grant.organisation_id,
            actor=actor,
            act="card.default_set",
            subject=f"card:{card.id}",
            before={"default": None if before is None else f"card:{before.id}"},
            after={"default": f"card:{card.id}"},
            now=now,
        )
    return card


def card_remove(*, grant: Grant, card_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Remove the card: nothing is paid with it from now on, and Stripe forgets it a moment later.

    A repeat changes nothing. Raises Denied, NotFound, CardInUse while automatic top-ups are paid with it.
    """
    grant.require(Permission.BILLING_MANAGE)
    if Card.objects.filter(organisation=grant.organisation, id=card_id, removed_at__isnull=False).exists():
        return
    with transaction.atomic():
        rule = rule_lock(grant.organisation_id)
        card = _locked(grant.organisation, card_id)
        if rule is not None and rule.on and rule.card_id == card.id:
            raise CardInUse(
                _(
                    "Automatic top-ups are paid with %(card)s; choose another card for them, or switch them "
                    "off, first."
                )
                % {"card": card},
                step=(_("Automatic top-up"), f"/o/{grant.organisation.slug}/billing/automatic/"),
            )
        was_default = card.default
        card.default, card.removed_at = False, now
        card.save(update_fields=["default", "removed_at"])
        if was_default:
            _default_pass_on(card)
        audit_record(
            organisation_id=grant.organisation_id,
            actor=actor,
            act="card.removed",
            subject=f"card:{card.id}",
            before={"card": str(card)},
            now=now,
        )
        enqueue("payments.card_detach", card_id=str(card.id))


def _locked(organisation: Organisation, card_id: uuid.UUID) -> Card:
    """Return the organisation's card, no other of its cards changing until the transaction ends. Raises NotFound."""
    StripeCustomer.objects.select_for_update(no_key=True).filter(organisation=organisation).first()
    card = Card.objects.filter(organisation=organisation, id=card_id, removed_at=None).first()
    if card is None:
        raise NotFound(
            _("There is no such card of %(organisation)s; choose one from the list.")
            % {"organisation": organisation.name}
        )
    return card


def card_detach(*, card_id: uuid.UUID, now: datetime) -> None:
    """Have Stripe forget a removed card; a repeat, also after a crash, changes nothing.

    Raises gateway.StripeUnavailable or gateway.StripeRefused.
    """
    card = Card.objects.get(id=card_id)
    if card.removed_at is None or card.detached_at is not None:
        return
    gateway.card_detach(card.payment_method)
    Card.objects.filter(id=card.id, detached_at=None).update(detached_at=now)


def cards_sweep(*, now: datetime) -> int:
    """Finish removals that were interrupted, and ask Stripe about cards not asked for a day; return how many.

    Raises gateway.StripeUnavailable; the next sweep goes on from there.
    """
    if not settings.STRIPE_SECRET_KEY:
        return 0
    removed = Card.objects.filter(removed_at__lt=now - DETACH_AFTER, detached_at=None).order_by("removed_at")
    live = Card.objects.filter(removed_at=None, checked_at__lt=now - CHECK_AFTER).order_by("checked_at")
    found = [*removed[:BATCH], *live[:BATCH]]
    for card in found:
        try:
            _look(card, now=now)
        except gateway.StripeRefused as refusal:
            logger.warning("card %s: %s", card.id, refusal)
            Card.objects.filter(id=card.id).update(checked_at=now)
    return len(found)


def _look(card: Card, *, now: datetime) -> None:
    if card.removed_at is not None:
        card_detach(card_id=card.id, now=now)
    else:
        card_look(card=card, now=now)


def card_look(*, card: Card, now: datetime) -> None:
    """Make a card's row say what Stripe has of it. Raises gateway.StripeUnavailable or gateway.StripeRefused."""
    kept = gateway.card_get(card.payment_method)
    with transaction.atomic():
        card_keep(organisation_id=card.organisation_id, kept=kept, user_id=None, now=now)
