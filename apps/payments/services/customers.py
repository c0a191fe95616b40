"""The one customer an organisation is at Stripe."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from apps.billing.selectors.invoices import finance_address
from apps.organisations.models import Organisation
from apps.payments import gateway
from apps.payments.models import StripeCustomer
from apps.payments.services.topups import PLATFORM

# Stripe forgets an idempotency key after 24 hours: from then on a repeat would make a second customer.
KEY_LASTS = timedelta(hours=23)


def customer_ensure(*, organisation: Organisation, now: datetime) -> str:
    """Return the id of the organisation's customer at Stripe, made now if there is none; there is never a second.

    A repeat, also after a crash between Stripe's answer and our row, gives the same customer. Its name and finance
    address follow the organisation's. Raises gateway.StripeUnavailable or gateway.StripeRefused.
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
