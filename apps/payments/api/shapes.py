"""What endpoints of payments take and give. Fiat in minor units before VAT, credits in micro-NOS."""

from typing import Any

from rest_framework import serializers

from apps.core.money import CURRENCIES
from apps.core.rest import Body, Flag
from apps.payments.models import Card, TopUp, TopUpRule


class CardShape(serializers.ModelSerializer[Card]):
    """A card that is kept at Stripe; its number never comes here."""

    class Meta:
        model = Card
        fields = ("id", "brand", "last4", "expires_month", "expires_year", "country", "default", "created_at")


class RuleShape(serializers.ModelSerializer[TopUpRule]):
    """The rule for automatic top-ups. `off_reason` says why it was switched off by itself."""

    class Meta:
        model = TopUpRule
        fields = (
            "on",
            "mode",
            "below_micro",
            "amount_minor",
            "days",
            "currency",
            "card",
            "month_cap_minor",
            "declines",
            "paused_until",
            "off_reason",
            "updated_at",
        )


class RuleBody(Body):
    """The rule as it shall be. Threshold: `below_micro` and `amount_minor`. Forecast: `days`."""

    on = Flag()
    mode = serializers.ChoiceField(choices=TopUpRule.Mode.choices)
    below_micro = serializers.IntegerField(required=False, allow_null=True, max_value=2**62)
    amount_minor = serializers.IntegerField(required=False, allow_null=True, max_value=2**62)
    days = serializers.IntegerField(required=False, allow_null=True, max_value=2**31)
    currency = serializers.ChoiceField(choices=CURRENCIES)
    month_cap_minor = serializers.IntegerField(max_value=2**62)
    card = serializers.UUIDField(
        required=False, allow_null=True, help_text="Its id; without one, the default card."
    )


class TopUpShape(serializers.ModelSerializer[TopUp]):
    """A top-up. `checkout_url` is where a person pays it, while it waits for that."""

    currency = serializers.CharField(source="price.currency")
    net_minor = serializers.IntegerField(source="price.net_minor")
    vat_minor = serializers.IntegerField(source="price.vat_minor")
    total_minor = serializers.IntegerField(source="price.total_minor")
    credits_micro = serializers.IntegerField(source="price.credits_micro")
    rate_charged_micro = serializers.IntegerField(source="price.rate_charged_micro")
    expires_at = serializers.DateTimeField(source="quote.expires_at")
    checkout_url = serializers.SerializerMethodField()

    class Meta:
        model = TopUp
        fields = (
            "id",
            "state",
            "reason",
            "automatic",
            "card",
            "currency",
            "net_minor",
            "vat_minor",
            "total_minor",
            "credits_micro",
            "rate_charged_micro",
            "expires_at",
            "checkout_url",
            "created_at",
            "paid_at",
        )

    def get_checkout_url(self, topup: TopUp) -> str | None:
        """Return where it can be paid."""
        return topup.checkout_url or None if topup.closed_at is None and topup.state != "paid" else None


class TopUpNew(Body):
    """A top-up to pay."""

    currency = serializers.ChoiceField(choices=CURRENCIES)
    amount_minor = serializers.IntegerField(max_value=2**62, help_text="Before VAT.")
    keep_card = Flag(default=False, help_text="Keep the card that pays for later top-ups.")


class RuleShown(RuleShape):
    """The rule, with what it charged this month."""

    month_charged_minor = serializers.IntegerField()
    month_left_minor = serializers.IntegerField()

    class Meta(RuleShape.Meta):
        fields: Any = (*RuleShape.Meta.fields, "month_charged_minor", "month_left_minor")


class RemovedShape(serializers.Serializer[Any]):
    """It is gone."""

    removed = serializers.BooleanField()
