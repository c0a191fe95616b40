"""Customers: whom Stripe knows an organisation as."""

from collections.abc import Mapping

from apps.payments.gateway.client import CustomerGone, stripe_client


def customer_create(*, key: str, name: str, email: str, metadata: Mapping[str, str]) -> str:
    """Make a customer, once per idempotency key, and return its id. Raises StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        customer = client.v1.customers.create(
            {"name": name, "email": email, "metadata": dict(metadata)}, {"idempotency_key": key}
        )
        return customer.id


def customer_find(*, email: str, metadata: Mapping[str, str]) -> str | None:
    """Return the id of the oldest customer with this address and exactly these marks, or None.

    Raises StripeUnavailable or StripeRefused.
    """
    with stripe_client() as client:
        found = [
            (customer.created, customer.id)
            for customer in client.v1.customers.list({"email": email, "limit": 100}).auto_paging_iter()
            if (customer.metadata.to_dict() if customer.metadata else {}) == dict(metadata)
        ]
    return min(found)[1] if found else None


def customer_update(customer_id: str, *, name: str, email: str) -> None:
    """Tell Stripe a customer's new name and address. Raises CustomerGone, StripeUnavailable or StripeRefused."""
    with stripe_client() as client:
        client.v1.customers.update(customer_id, {"name": name, "email": email})


def customer_is_gone(customer_id: str) -> bool:
    """Return whether the customer was deleted. Raises StripeUnavailable or StripeRefused."""
    try:
        with stripe_client() as client:
            return bool(client.v1.customers.retrieve(customer_id).to_dict().get("deleted"))
    except CustomerGone:
        return True
