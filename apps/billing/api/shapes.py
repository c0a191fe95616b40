"""What endpoints of billing take and give. Credits are whole micro-NOS, money is whole minor units (cents)."""

from typing import Any

from rest_framework import serializers

from apps.billing.api.document_shapes import StatementDataShape
from apps.billing.models import Budget, CreditNote, Hold, Invoice, Level, Lot, Quote, Statement
from apps.billing.selectors import Dimension, LimitState
from apps.billing.windows import Period
from apps.core.moments import moment_sent
from apps.core.rest import Body, Flag, Text, Texts


class SentShape(serializers.Serializer[Any]):
    """Where it was mailed."""

    to = serializers.CharField()


class VatCheckShape(serializers.Serializer[Any]):
    """What VIES says of a VAT id."""

    vat_id = serializers.CharField(allow_null=True)
    state = serializers.CharField(help_text="waiting, valid, invalid or none.")
    name = serializers.CharField(allow_null=True, help_text="As the tax office has it.")


class LotShape(serializers.ModelSerializer[Lot]):
    """Credits that came together. `project` is the id of the project whose pot it is in, `project_slug` its slug."""

    project_slug = serializers.CharField(source="project.slug", read_only=True, allow_null=True)

    class Meta:
        model = Lot
        fields = (
            *(
                "id",
                "kind",
                "project",
                "project_slug",
                "granted_micro",
                "remaining_micro",
                "currency",
                "net_minor",
            ),
            *("vat_minor", "topup_id", "expires_at", "created_at"),
        )


class HoldShape(serializers.ModelSerializer[Hold]):
    """Credits reserved for a job's try. `project` is the id of its project, `project_slug` its slug."""

    project_slug = serializers.CharField(source="project.slug", read_only=True, allow_null=True)

    class Meta:
        model = Hold
        fields = (
            *("id", "source", "label", "project", "project_slug", "api_key", "network_micro", "network_fee_micro"),
            *("platform_fee_micro", "amount_micro", "state", "placed_at", "expires_at", "ended_at"),
        )


class UsageQuestion(Body):
    """Which usage: by what, and from which day to which (both included, of the organisation's time zone)."""

    by = serializers.ChoiceField(choices=Dimension.choices, default=Dimension.DAY.value)
    since = serializers.DateField(required=False, help_text="Left out: the first of the month of `until`.")
    until = serializers.DateField(required=False, help_text="Left out: today.")


class CapSet(Body):
    """What may be held and spent at most in each window; set again, it is changed."""

    level = serializers.ChoiceField(choices=Level.choices)
    subject = Text(max_length=36, default="", allow_blank=True, help_text="Id of the project, person or key.")
    period = serializers.ChoiceField(choices=Period.choices)
    limit_micro = serializers.IntegerField(min_value=0, max_value=10**17)
    reason = Text(max_length=500, default="", allow_blank=True, help_text="For whoever approves a raise.")


class BudgetSet(Body):
    """What is told at which percentages of a limit, and to whom; set again, it is changed."""

    level = serializers.ChoiceField(choices=[level for level in Level.choices if level[0] != Level.TOPUP])
    subject = Text(max_length=36, default="", allow_blank=True, help_text="Id of the project, person or key.")
    period = serializers.ChoiceField(choices=[Period.DAY, Period.WEEK, Period.MONTH])
    limit_micro = serializers.IntegerField(min_value=1, max_value=10**17)
    marks = serializers.ListField(child=serializers.IntegerField(), max_length=10, default=[50, 80, 100])
    forecast = Flag(default=True)
    people = Texts(each=254, most=50, help_text="E-mail addresses of members.")


class QuoteNew(Body):
    """How much to pay without VAT, in minor units."""

    currency = Text(max_length=3)
    net_minor = serializers.IntegerField()


class QuoteShape(serializers.ModelSerializer[Quote]):
    """A price that stands until `expires_at`."""

    class Meta:
        model = Quote
        fields = (
            *("id", "currency", "net_minor", "vat_minor", "vat_bp", "vat_rule", "vat_note", "total_minor"),
            *("credits_micro", "rate_micro", "spread_bp", "rate_charged_micro", "rate_source", "rate_at"),
            *("created_at", "expires_at"),
        )


class InvoiceShape(serializers.ModelSerializer[Invoice]):
    """An invoice's own figures; its address answers all that is printed on it."""

    class Meta:
        model = Invoice
        fields = ("number", "issued_at", "currency", "net_minor", "vat_minor", "total_minor")


class CreditNoteShape(serializers.ModelSerializer[CreditNote]):
    """A credit note's own figures; its address answers all that is printed on it."""

    invoice = serializers.CharField(source="invoice.number")

    class Meta:
        model = CreditNote
        fields = ("number", "invoice", "issued_at", "currency", "net_minor", "vat_minor", "total_minor")


class StatementShape(serializers.ModelSerializer[Statement]):
    """A month that is closed."""

    month = serializers.CharField(source="number")

    class Meta:
        model = Statement
        fields = (
            *("month", "time_zone", "starts_at", "ends_at", "opening_micro", "change_micro", "closing_micro"),
            *("lines", "closed_at"),
        )


def limit_shape(state: LimitState) -> dict[str, Any]:
    """Return a cap or a budget with what its present window counts; null where it counts nothing."""
    limit = state.limit
    shape = {
        "id": str(limit.id),
        "level": limit.level,
        "subject": limit.subject_id,
        "name": state.name,
        "period": limit.period,
        "limit_micro": limit.limit_micro,
        "used_micro": state.used_micro,
        "left_micro": state.left_micro,
        "resets_at": state.resets_at and moment_sent(state.resets_at),
    }
    if isinstance(limit, Budget):
        people = sorted(person.email for person in limit.people.all())
        shape |= {"marks": limit.marks, "forecast": limit.forecast, "people": people}
    return shape


class BalanceShape(serializers.Serializer[Any]):
    """Credits, in micro-NOS."""

    available_micro = serializers.IntegerField()
    held_micro = serializers.IntegerField()
    frozen_micro = serializers.IntegerField()


class TransferShape(serializers.Serializer[Any]):
    """What changed the available credits, by `amount_micro`."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    sentence = serializers.CharField()
    amount_micro = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]


class UsageRowShape(serializers.Serializer[Any]):
    """Usage of one day, project, member, key, market or template."""

    name = serializers.CharField()
    records = serializers.IntegerField()
    seconds = serializers.IntegerField()
    amount_micro = serializers.IntegerField()


class UsageShape(serializers.Serializer[Any]):
    """Usage, added up; `cut` says that there are more rows than are answered."""

    by = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    items = serializers.ListField(child=UsageRowShape())
    cut = serializers.BooleanField()


class LimitShape(serializers.Serializer[Any]):
    """A cap or budget that was set."""

    id = serializers.UUIDField()
    limit_micro = serializers.IntegerField()


class CapShape(serializers.Serializer[Any]):
    """A cap with what its present window counts; null where it counts nothing."""

    id = serializers.UUIDField()
    level = serializers.CharField()
    subject = serializers.CharField()
    name = serializers.CharField()
    period = serializers.CharField()
    limit_micro = serializers.IntegerField()
    used_micro = serializers.IntegerField(allow_null=True)
    left_micro = serializers.IntegerField(allow_null=True)
    resets_at = serializers.DateTimeField(allow_null=True)


class BudgetShape(CapShape):
    """A budget with what its present window counts, and whom it tells."""

    marks = serializers.ListField(child=serializers.IntegerField())
    forecast = serializers.BooleanField()
    people = serializers.ListField(child=serializers.CharField())


class StatementWhole(StatementShape):
    """A statement with its figures."""

    data = StatementDataShape()  # type: ignore[assignment]

    class Meta(StatementShape.Meta):
        fields: Any = (*StatementShape.Meta.fields, "data")
