"""Endpoints and deliveries for tests."""

from django.utils import timezone

from apps.notifications.models import Delivery, Endpoint
from apps.notifications.services import chat_create, endpoint_create, endpoint_test
from apps.organisations.models import Grant, Organisation
from apps.organisations.services import Actor


def _owner(organisation: Organisation) -> Grant:
    return Grant.of_member(organisation.memberships.select_related("user", "organisation").get(role="owner"))


def webhook_of(organisation: Organisation) -> Endpoint:
    """Return the organisation's first endpoint, made if there is none."""
    owner = _owner(organisation)
    return organisation.endpoints.filter(kind="webhook").order_by("id").first() or (
        endpoint_create(
            grant=owner,
            url=f"https://{organisation.slug}.example/hook",
            actor=Actor.person(owner.member.user),
            now=timezone.now(),
        ).endpoint
    )


def delivery_of(organisation: Organisation) -> Delivery:
    """Return a delivery to the organisation's first endpoint."""
    endpoint = webhook_of(organisation)
    event = endpoint_test(grant=_owner(organisation), endpoint_id=endpoint.pk, now=timezone.now())
    return event.deliveries.get()


def chat_of(organisation: Organisation) -> Endpoint:
    """Return the organisation's first channel of a chat, made if there is none."""
    owner = _owner(organisation)
    return organisation.endpoints.filter(kind="slack").order_by("id").first() or chat_create(
        grant=owner,
        kind="slack",
        url=f"https://hooks.{organisation.slug}.example/services/T0/B0/x",
        description="#gpu-jobs",
        actor=Actor.person(owner.member.user),
        now=timezone.now(),
    )
