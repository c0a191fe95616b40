"""The one customer an organisation is at Stripe."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.billing.selectors.documents import finance_address
from apps.organisations.models import Organisation
from apps.payments import gateway
from apps.payments.models import StripeCustomer
from apps.payments.services.cards import cards_lost
from apps.payments.services.rules import rule_lock
from apps.payments.services.topups import PLATFORM

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

# Stripe forgets an idempotency key after 24 hours: from then on a repeat would make a second customer.
KEY_LASTS = timedelta(hours=23)


def customer_ensure(*, organisation: Organisation, now: datetime) -> str:
    """Return the id of the organisation's customer at Stripe, made now if there is none; there is never a second.

    A repeat, also after a crash between Stripe's answer and our row, gives the same customer. Its name and finance
    address follow the organisation's. Raises gateway.StripeUnavailable or gateway.StripeRefused; CustomerGone for one
    that was deleted at Stripe, as far as that shows here (see `customer_served`).
    """
    name, email = organisation.legal_name or organisation.name, finance_address(organisation)
    customer, _ = StripeCustomer.objects.get_or_create(
        organisation=organisation, defaults={"name": name, "email": email, "asked_at": now}
    )
    if customer.customer_id is None:
        # The first answer stands; whoever asked at the same time got the same id under the same key.
        made = _made(customer, now=now)
        StripeCustomer.objects.filter(organisation=organisation, customer_id=None).update(customer_id=made)
        customer.refresh_from_db()
    customer_id = str(customer.customer_id)
    if (customer.name, customer.email) != (name, email):
        gateway.customer_update(customer_id, name=name, email=email)
        StripeCustomer.objects.filter(organisation=organisation).update(name=name, email=email)
    return customer_id


def customer_served(*, organisation: Organisation, ask: Callable[[str], Answer], now: datetime) -> Answer:
    """Return what Stripe answers to `ask` of the organisation's customer; one that was deleted there is replaced once.

    Raises as `ask` and `customer_ensure` do.
    """
    try:
        return ask(customer_ensure(organisation=organisation, now=now))
    except gateway.CustomerGone:
        customer_look(organisation_id=organisation.id, now=now)
        return ask(customer_ensure(organisation=organisation, now=now))


def customer_look(*, organisation_id: uuid.UUID, now: datetime) -> None:
    """Forget the organisation's customer if Stripe says that it was deleted.

    Raises gateway.StripeUnavailable or gateway.StripeRefused.
    """
    known = StripeCustomer.objects.filter(organisation=organisation_id).first()
    if known is not None and known.customer_id is not None and gateway.customer_is_gone(known.customer_id):
        with transaction.atomic():
            customer_forget(CustomerLost(organisation_id, known.customer_id), now=now)


@dataclass(frozen=True)
class CustomerLost:
    """A customer that Stripe has no more, and whose it was."""

    organisation_id: uuid.UUID
    customer_id: str


def customer_fetch(thing: dict[str, Any]) -> CustomerLost | None:
    """Return whose customer an event tells was deleted, if Stripe says so too; None for one that is nobody's here.

    Raises gateway.StripeUnavailable or gateway.StripeRefused.
    """
    known = StripeCustomer.objects.filter(customer_id=thing["id"]).first()
    if known is None or not gateway.customer_is_gone(thing["id"]):
        return None
    return CustomerLost(known.organisation_id, thing["id"])


def customer_forget(lost: CustomerLost, *, now: datetime) -> None:
    """Note that a customer was deleted at Stripe: its cards are gone, and the next need makes another under a new key.

    A repeat, and news of one that was replaced before, change nothing. Must run in the caller's transaction.
    """
    rule_lock(lost.organisation_id)  # before customer and cards, as whoever sets the rule does
    customers = StripeCustomer.objects.select_for_update().filter(
        organisation=lost.organisation_id, customer_id=lost.customer_id
    )
    customer = customers.first()
    if customer is None:
        return
    logger.warning("customer %s of %s was deleted at Stripe", lost.customer_id, lost.organisation_id)
    customer.customer_id, customer.asked, customer.asked_at = None, customer.asked + 1, now
    customer.save(update_fields=["customer_id", "asked", "asked_at"])
    cards_lost(organisation_id=lost.organisation_id, now=now)


def _made(customer: StripeCustomer, *, now: datetime) -> str:
    """Return what Stripe answers under the customer's key; an old key is never used again, only looked behind."""
    marks = {
        "platform": PLATFORM,
        "environment": settings.ENVIRONMENT,
        "organisation_id": str(customer.organisation_id),
    }
    if now - customer.asked_at > KEY_LASTS:
        if found := gateway.customer_find(email=customer.email, metadata=marks):
            return found
        StripeCustomer.objects.filter(organisation=customer.organisation_id, asked=customer.asked).update(
            asked=F("asked") + 1, asked_at=now
        )
        customer.refresh_from_db()
        if customer.customer_id is not None:  # a twin was faster
            return customer.customer_id
    return gateway.customer_create(
        key=f"customer:{customer.organisation_id}:{customer.asked}",
        name=customer.name,
        email=customer.email,
        metadata=marks,
    )
