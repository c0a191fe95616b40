"""What endpoints of webhooks take and give."""

from typing import Any

from rest_framework import serializers

from apps.core.rest import Body, Flag, Moment, PageQuestion, SpanQuestion, Text, Texts
from apps.notifications.models import Delivery, DeliveryTry, Endpoint, Event


class EndpointShape(serializers.ModelSerializer[Endpoint]):
    """An endpoint; `off_at` says since when it is off, `failing_since` since when it takes nothing."""

    types = serializers.ListField(child=serializers.CharField(), help_text="None means all.")

    class Meta:
        model = Endpoint
        fields = (
            "id",
            "url",
            "description",
            "types",
            "failing_since",
            "off_at",
            "off_reason",
            "old_secret_until",
            "created_at",
        )


class EndpointNew(Body):
    """An endpoint to set up; without `types` it gets every event."""

    url = Text(max_length=500)
    description = Text(max_length=120, required=False, allow_blank=True)
    types = Texts(each=60, required=False)


class EndpointChange(Body):
    """What can be changed of an endpoint; what is left out stays."""

    url = Text(max_length=500, required=False)
    description = Text(max_length=120, required=False, allow_blank=True)
    types = Texts(each=60, required=False)
    on = Flag(required=False)


class Rotation(Body):
    """How long the old secret signs too."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=168, default=24)


class Replay(Body):
    """What to send again: what was given up since then, or everything."""

    since = Moment()
    everything = Flag(default=False)


class EventShape(serializers.ModelSerializer[Event]):
    """An event; `sequence` numbers the events of its subject."""

    data = serializers.DictField()  # type: ignore[assignment]

    class Meta:
        model = Event
        fields = ("id", "type", "subject", "sequence", "data", "at")


class TryShape(serializers.ModelSerializer[DeliveryTry]):
    """One sending, and what the endpoint answered."""

    class Meta:
        model = DeliveryTry
        fields = ("at", "status", "milliseconds", "error", "answer")


class DeliveryShape(serializers.ModelSerializer[Delivery]):
    """A delivery of an event; `behind` says that it waits until an earlier event of its subject arrived."""

    event = EventShape()
    behind = serializers.BooleanField(read_only=True)

    class Meta:
        model = Delivery
        fields = ("id", "event", "state", "behind", "tries", "next_try_at", "delivered_at")


class DeliveryWhole(DeliveryShape):
    """A delivery with its tries, newest first."""

    log = TryShape(many=True)

    class Meta(DeliveryShape.Meta):
        fields: Any = (*DeliveryShape.Meta.fields, "log")


class EventsQuestion(SpanQuestion):
    """Which events: all, or of one type, of one thing (noun:<id>), or in a span of time."""

    type = Text(max_length=60, required=False)
    subject = Text(max_length=80, required=False)


class DeliveriesQuestion(PageQuestion):
    """Which deliveries."""

    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False)


class EventTypeShape(serializers.Serializer[Any]):
    """A kind of event."""

    name = serializers.CharField()
    sentence = serializers.CharField()
    example = serializers.DictField()


class EndpointShown(EndpointShape):
    """An endpoint with its secret, which no other answer shows; null for a repeat by Idempotency-Key."""

    secret = serializers.CharField(allow_null=True)

    class Meta(EndpointShape.Meta):
        fields: Any = (*EndpointShape.Meta.fields, "secret")


class CountShape(serializers.Serializer[Any]):
    """How many are sent again."""

    count = serializers.IntegerField()
