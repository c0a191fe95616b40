"""What may be seen of webhooks: the organisation's own, by whoever may set them up."""

import uuid

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.notifications.models import Delivery, DeliveryTry, Endpoint, Event
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

NOBODY = uuid.UUID(int=0)


def events_of(grant: Grant) -> QuerySet[Event]:
    """Return what happened to the organisation's things in the last 30 days, newest first. Raises Denied."""
    grant.require(Permission.WEBHOOKS_MANAGE)
    return Event.objects.filter(organisation=grant.organisation).order_by("-id")


def endpoints_of(grant: Grant) -> QuerySet[Endpoint]:
    """Return the organisation's endpoints, oldest first. Raises Denied."""
    grant.require(Permission.WEBHOOKS_MANAGE)
    return (
        Endpoint.objects.filter(organisation=grant.organisation, removed_at=None)
        .select_related("project")
        .order_by("id")
    )


def endpoints_counted(grant: Grant) -> QuerySet[Endpoint]:
    """Return the same with `waiting` and `dead`: how many deliveries of each wait and were given up."""
    states = {
        name: Count("deliveries", filter=Q(deliveries__state=name))
        for name in (Delivery.State.WAITING.value, Delivery.State.DEAD.value)
    }
    return endpoints_of(grant).annotate(**states)


def endpoint_get(grant: Grant, endpoint_id: uuid.UUID | str) -> Endpoint:
    """Return one of them. Raises NotFound and Denied."""
    found = endpoints_of(grant).filter(pk=_uuid(endpoint_id)).first()
    if found is None:
        raise NotFound(
            _("There is no such endpoint in %(organisation)s; see the list.")
            % {"organisation": grant.organisation.name}
        )
    found.organisation = grant.organisation
    return found


def webhook_get(grant: Grant, endpoint_id: uuid.UUID | str) -> Endpoint:
    """Return one that is a program's. Raises NotFound and Denied."""
    return _of_sort(endpoint_get(grant, endpoint_id), chat=False)


def chat_get(grant: Grant, endpoint_id: uuid.UUID | str) -> Endpoint:
    """Return one that is a channel of a chat. Raises NotFound and Denied."""
    return _of_sort(endpoint_get(grant, endpoint_id), chat=True)


def _of_sort(endpoint: Endpoint, *, chat: bool) -> Endpoint:
    if endpoint.is_chat is not chat:
        raise NotFound(_("This is a channel of a chat.") if endpoint.is_chat else _("This is a webhook."))
    return endpoint


def deliveries_of(endpoint: Endpoint, *, state: str = "") -> QuerySet[Delivery]:
    """Return what was sent there or will be, newest first, with its event and whether it waits `behind` an earlier one.

    `state` narrows.
    """
    waits = Q(state=Delivery.State.WAITING) & Exists(earlier_waiting())
    behind = ExpressionWrapper(waits, output_field=BooleanField())
    rows = endpoint.deliveries.select_related("event").annotate(behind=behind).order_by("-id")
    return rows.filter(state=state) if state else rows


def earlier_waiting() -> QuerySet[Delivery]:
    """Return what waits of its subject for its endpoint before a delivery; for a question about deliveries."""
    return Delivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        subject=OuterRef("subject"),
        state=Delivery.State.WAITING,
        sequence__lt=OuterRef("sequence"),
    )


def delivery_get(grant: Grant, endpoint_id: uuid.UUID | str, delivery_id: uuid.UUID | str) -> Delivery:
    """Return one delivery with its event and its tries, newest first. Raises NotFound and Denied."""
    endpoint = endpoint_get(grant, endpoint_id)
    log = Prefetch("log", DeliveryTry.objects.order_by("-id"))
    found = deliveries_of(endpoint).filter(pk=_uuid(delivery_id)).prefetch_related(log).first()
    if found is None:
        raise NotFound(_("There is no such delivery to this endpoint; it may be older than 30 days."))
    found.endpoint = endpoint
    return found


def _uuid(text: uuid.UUID | str) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return NOBODY
