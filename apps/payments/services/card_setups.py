"""Having a card kept: somebody goes to Stripe's page, and comes back with a card or without."""

import logging
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.payments import gateway
from apps.payments.errors import Parked
from apps.payments.gateway import SetupSession
from apps.payments.models import Card, CardSetup
from apps.payments.services.cards import card_keep
from apps.payments.services.customers import customer_served
from apps.payments.services.topups import marks_check, marks_of

logger = logging.getLogger(__name__)

PAGE_LASTS = timedelta(hours=1)  # Stripe wants 30 minutes at least
PATIENCE = timedelta(seconds=30)  # what a webhook usually needs, and more
MOST_CARDS = 20
BATCH = 50  # setups asked about in one round


class TooManyCards(Conflict):
    """An organisation keeps as many cards as it may."""

    code = "too_many_cards"


def card_setup_start(*, membership: Membership, now: datetime) -> str:
    """Return the address of Stripe's page on which the person has a card kept.

    Raises Denied, TooManyCards, gateway.StripeUnavailable or gateway.StripeRefused.
    """
    membership.require(Permission.BILLING_MANAGE)
    organisation = membership.organisation
    if Card.objects.filter(organisation=organisation, removed_at=None).count() >= MOST_CARDS:
        raise TooManyCards(
            _("%(organisation)s keeps %(most_cards)s cards, which is the most; remove one first.")
            % {"organisation": organisation.name, "most_cards": MOST_CARDS}
        )
    setup = CardSetup.objects.create(
        organisation=organisation, user=membership.user, created_at=now, expires_at=now + PAGE_LASTS
    )
    page = settings.BASE_URL + reverse("payments:card_setup", args=[organisation.slug, setup.id])
    session = customer_served(
        organisation=organisation,
        ask=lambda customer: gateway.setup_session_create(
            key=f"card-setup:{setup.id}",
            customer=customer,
            success_url=page,
            cancel_url=settings.BASE_URL + reverse("payments:cards", args=[organisation.slug]),
            expires_at=setup.expires_at,
            metadata=marks_of("card_setup_id", setup.id),
        ),
        now=now,
    )
    CardSetup.objects.filter(id=setup.id, stripe_session_id=None).update(
        stripe_session_id=session.id, url=session.url
    )
    return session.url


def setup_apply(session: SetupSession, *, now: datetime) -> None:
    """Keep the card that a freshly fetched session brought, once; must run in the caller's transaction.

    Raises Parked for a session that is not one of ours.
    """
    setup_id = marks_check(session.metadata, "card_setup_id")
    setups = CardSetup.objects.select_related("organisation", "user").select_for_update(of=("self",))
    setup = setups.filter(id=setup_id).first()
    if setup is None or setup.stripe_session_id not in (None, session.id):
        raise Parked(f"The session {session.id} is of no card setup here.")
    setup.stripe_session_id = session.id
    if setup.closed_at is None and session.card is not None:
        setup.card = card_keep(
            organisation_id=setup.organisation_id, kept=session.card, user_id=setup.user_id, now=now
        )
        setup.closed_at = now
    elif setup.closed_at is None and session.status == "expired":
        setup.closed_at = now
    setup.save()


def card_setups_sweep(*, now: datetime) -> int:
    """Ask Stripe about setups it has not finished with; return how many.

    Raises gateway.StripeUnavailable; the next sweep goes on from there.
    """
    if not settings.STRIPE_SECRET_KEY:
        return 0
    waiting = CardSetup.objects.filter(closed_at=None, created_at__lt=now - PATIENCE)
    setups = list(waiting.order_by(F("checked_at").asc(nulls_first=True), "created_at")[:BATCH])
    for setup in setups:
        _ask(setup.id, setup.stripe_session_id, now=now)
    return len(setups)


def _ask(setup_id: uuid.UUID, session_id: str | None, *, now: datetime) -> None:
    CardSetup.objects.filter(id=setup_id).update(checked_at=now)
    if session_id is None:  # nobody was sent there
        CardSetup.objects.filter(id=setup_id, stripe_session_id=None, expires_at__lt=now).update(closed_at=now)
        return
    try:
        session = gateway.setup_session_get(session_id)
        with transaction.atomic():
            setup_apply(session, now=now)
    except (Parked, gateway.StripeRefused) as error:
        logger.warning("card setup %s: %s", setup_id, error)
