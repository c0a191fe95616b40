"""Our balance at Stripe."""

from collections import Counter

from apps.payments.gateway.client import stripe_client


def balance_net() -> dict[str, int]:
    """Return what Stripe's balance transactions add up to, net of its fees: minor units by currency.

    Raises StripeUnavailable or StripeRefused.
    """
    net: Counter[str] = Counter()
    with stripe_client() as client:
        for movement in client.v1.balance_transactions.list({"limit": 100}).auto_paging_iter():
            net[movement.currency.upper()] += movement.net
    return dict(net)
