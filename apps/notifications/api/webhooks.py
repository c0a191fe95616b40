"""Endpoints for webhooks: set up, change, rotate, try, and what became of each delivery."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import page_answer, spanned
from apps.core.rest.schema import described
from apps.notifications.api.shapes import (
    CountShape,
    DeliveriesQuestion,
    DeliveryShape,
    DeliveryWhole,
    EndpointChange,
    EndpointNew,
    EndpointShape,
    EndpointShown,
    EventShape,
    EventsQuestion,
    EventTypeShape,
    Replay,
    Rotation,
)
from apps.notifications.selectors import deliveries_of, delivery_get, endpoint_get, endpoints_of, events_of
from apps.notifications.services import (
    NewSecret,
    deliveries_replay,
    delivery_resend,
    endpoint_change,
    endpoint_create,
    endpoint_remove,
    endpoint_rotate,
    endpoint_test,
)
from apps.notifications.types import event_types
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import Nothing
from apps.organisations.models import Grant
from apps.organisations.roles import Permission

P = Permission.WEBHOOKS_MANAGE


class EventTypes(Endpoint):
    """The kinds of events there are."""

    @described(EventTypeShape, many=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the types of events, each with its sentence and an example of its data."""
        self.grant(P)
        kinds = event_types().values()
        return Response(
            {"items": [{"name": k.name, "sentence": str(k.sentence), "example": dict(k.example)} for k in kinds]}
        )


class Events(Endpoint):
    """What happened, whether or not an endpoint was told."""

    @described(EventShape, page=True, question=EventsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the events of the last 30 days, newest first."""
        return page_answer(
            request,
            events_of(self.grant(P)),
            lambda row: EventShape(row).data,
            newest_first=True,
            question=EventsQuestion,
            narrow=spanned("at", "type", "subject"),
        )


class Webhooks(Endpoint):
    """The endpoints of an organisation."""

    @described(EndpointShape, page=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the webhooks, oldest first."""
        return page_answer(
            request, endpoints_of(self.grant(P)).filter(kind="webhook"), lambda row: EndpointShape(row).data
        )

    @described(EndpointShown, body=EndpointNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Set up a webhook; `secret` is what signs, which no other answer shows."""
        grant = self.grant(P)
        wanted = EndpointNew(data=request.data).read()
        return _shown_once(
            self,
            grant,
            lambda: endpoint_create(grant=grant, **wanted, actor=self.actor, now=timezone.now()),
        )


def _shown_once(view: Endpoint, grant: Grant, act: Callable[[], NewSecret]) -> Response:
    """Answer an endpoint with its new secret; a repeat by Idempotency-Key gets `secret` null, for it is not kept."""
    made: list[NewSecret] = []

    def shown() -> Any:
        made.append(act())
        return EndpointShape(made[0].endpoint).data

    answer = view.once(grant, shown, status=201, forgets=True)
    answer.data = {"secret": made[0].secret if made else None, **answer.data}
    answer["Cache-Control"] = "no-store"
    return answer


class OneWebhook(Endpoint):
    """One endpoint."""

    @described(EndpointShape)
    def get(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Read a webhook, without its secret."""
        return Response(EndpointShape(endpoint_get(self.grant(P), webhook_id)).data)

    @described(EndpointShape, body=EndpointChange)
    def patch(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Change a webhook, or turn it on or off: all that is sent, or nothing."""
        grant = self.grant(P)
        changes = EndpointChange(data=request.data).read()
        found = endpoint_change(
            grant=grant, endpoint_id=webhook_id, **changes, actor=self.actor, now=timezone.now()
        )
        return Response(EndpointShape(found).data)

    @described(status=204)
    def delete(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Remove a webhook and what waits for it."""
        endpoint_remove(grant=self.grant(P), endpoint_id=webhook_id, actor=self.actor, now=timezone.now())
        return Response(status=204)


class WebhookRotate(Endpoint):
    """The rotation of a secret."""

    @described(EndpointShown, body=Rotation, status=201)
    def post(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Give a webhook a new secret; the old one signs too for `overlap_hours`."""
        grant = self.grant(P)
        overlap = timedelta(hours=Rotation(data=request.data).read()["overlap_hours"])
        return _shown_once(
            self,
            grant,
            lambda: endpoint_rotate(
                grant=grant, endpoint_id=webhook_id, overlap=overlap, actor=self.actor, now=timezone.now()
            ),
        )


class WebhookTest(Endpoint):
    """A try of an endpoint."""

    @described(EventShape, body=Nothing, status=201)
    def post(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Send a webhook the event `webhook.test`."""
        grant = self.grant(P)
        Nothing(data=request.data).read()
        return self.once(
            grant,
            lambda: EventShape(endpoint_test(grant=grant, endpoint_id=webhook_id, now=timezone.now())).data,
            forgets=True,
        )


class WebhookReplay(Endpoint):
    """What an endpoint missed."""

    @described(CountShape, body=Replay)
    def post(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """Send a webhook again what was given up since then, or everything; `count` says how many."""
        grant = self.grant(P)
        endpoint_get(grant, webhook_id)
        wanted = Replay(data=request.data).read()

        def act() -> Any:
            return {"count": deliveries_replay(grant=grant, endpoint_id=webhook_id, **wanted, now=timezone.now())}

        return self.once(grant, act, status=200, forgets=True)


class Deliveries(Endpoint):
    """The deliveries to an endpoint."""

    @described(DeliveryShape, page=True, question=DeliveriesQuestion)
    def get(self, request: Request, slug: str, webhook_id: UUID) -> Response:
        """List the deliveries of a webhook, newest first."""
        return page_answer(
            request,
            deliveries_of(endpoint_get(self.grant(P), webhook_id)),
            lambda row: DeliveryShape(row).data,
            newest_first=True,
            question=DeliveriesQuestion,
            narrow=lambda rows, asked: rows.filter(state=asked["state"]) if "state" in asked else rows,
        )


class OneDelivery(Endpoint):
    """One delivery."""

    @described(DeliveryWhole)
    def get(self, request: Request, slug: str, webhook_id: UUID, delivery_id: UUID) -> Response:
        """Read a delivery with its tries."""
        return Response(DeliveryWhole(delivery_get(self.grant(P), webhook_id, delivery_id)).data)


class DeliveryResend(Endpoint):
    """A repeat of a delivery."""

    @described(DeliveryShape, body=Nothing)
    def post(self, request: Request, slug: str, webhook_id: UUID, delivery_id: UUID) -> Response:
        """Send a delivery once more, whatever became of it."""
        grant = self.grant(P)
        Nothing(data=request.data).read()

        def act() -> Any:
            sent = delivery_resend(
                grant=grant, endpoint_id=webhook_id, delivery_id=delivery_id, now=timezone.now()
            )
            return DeliveryShape(sent).data

        return self.once(grant, act, status=200, forgets=True)
