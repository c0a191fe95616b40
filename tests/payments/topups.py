"""Builders of top-ups for tests."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from apps.billing.models import Quote, Rate
from apps.billing.services import quote_create
from apps.organisations.models import Membership
from apps.payments.inbox import event_handle, event_store
from apps.payments.models import StripeEvent, TopUp
from apps.payments.services import topup_start
from tests.checkout import Checkout, Json
from tests.world import World


@dataclass
class TopUps:
    """Makes top-ups of Acme and brings them where a test wants them."""

    world: World
    checkout: Checkout

    def __post_init__(self) -> None:
        now = timezone.now()
        for currency in ("EUR", "USD", "GBP"):
            Rate.objects.create(currency=currency, price_micro=420_000, at=now, source="test", read_at=now)

    @property
    def olga(self) -> Membership:
        return Membership.objects.select_related("organisation", "user").get(
            organisation=self.world.acme, user=self.world.olga
        )

    def quote(self, net_minor: int = 10_000, *, minutes_ago: int = 0) -> Quote:
        """Return a quote, made now or a while ago."""
        quote = quote_create(organisation=self.world.acme, currency="EUR", net_minor=net_minor, now=timezone.now())
        if minutes_ago:
            quote.expires_at -= timedelta(minutes=minutes_ago)
            quote.save()
        return quote

    def start(self, quote: Quote) -> str:
        """Click on pay; return the address one is sent to."""
        return topup_start(membership=self.olga, quote_id=quote.id, now=timezone.now())

    def opened(self) -> TopUp:
        """Return a top-up whose Checkout is open."""
        quote = self.quote()
        self.start(quote)
        return TopUp.objects.get(quote=quote)

    def paid(self) -> TopUp:
        """Return a top-up that was paid at Stripe, of which we have heard nothing yet."""
        topup = self.opened()
        answer = self.checkout.pay(topup.checkout_url)
        assert answer.status_code == 303, answer.text
        return topup


def handled(event: Json) -> StripeEvent:
    """Take the event in and handle it, as the webhook and the worker do."""
    event_store(event, now=timezone.now())
    event_handle(event_id=event["id"], now=timezone.now())
    return StripeEvent.objects.get(event_id=event["id"])


def state(topup: TopUp) -> str:
    """Return the top-up's state as it is in the database."""
    topup.refresh_from_db()
    return topup.state
