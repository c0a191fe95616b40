"""What is printed on invoices, credit notes and statements, for programs. Fiat in minor units, credits in micro-NOS."""

from typing import Any

from rest_framework import serializers


class PartyShape(serializers.Serializer[Any]):
    """Who sells, or who buys, as it was when the document was made."""

    name = serializers.CharField()
    address = serializers.CharField()
    country = serializers.CharField()
    vat_id = serializers.CharField()
    email = serializers.CharField(required=False)
    registration = serializers.CharField(required=False, help_text="Of the seller, in the trade register.")


class DocumentLineShape(serializers.Serializer[Any]):
    """A line; of credits it has how many, and the price of one."""

    description = serializers.CharField()
    credits_micro = serializers.IntegerField(required=False)
    rate_micro = serializers.IntegerField(required=False, help_text="Millionths of the currency for one credit.")
    net_minor = serializers.IntegerField()
    vat_bp = serializers.IntegerField(help_text="The rate of VAT in hundredths of a percent.")


class VatRateShape(serializers.Serializer[Any]):
    """What falls under one rate of VAT."""

    bp = serializers.IntegerField(help_text="Hundredths of a percent.")
    net_minor = serializers.IntegerField()
    vat_minor = serializers.IntegerField()


class HomeShape(serializers.Serializer[Any]):
    """What one of the document's currency is in the seller's own; null where it is the seller's own."""

    currency = serializers.CharField()
    rate_micro = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]
    at = serializers.DateTimeField()


class VatHomeShape(HomeShape):
    """The VAT in the seller's own currency, and the rate it was converted at."""

    vat_minor = serializers.IntegerField()


class PaidShape(serializers.Serializer[Any]):
    """How it was paid."""

    method = serializers.CharField()
    reference = serializers.CharField()


class VatProofShape(serializers.Serializer[Any]):
    """What VIES confirmed."""

    consultation = serializers.CharField()
    at = serializers.DateTimeField()


class PlaceProofShape(serializers.Serializer[Any]):
    """A proof of a consumer's place."""

    kind = serializers.CharField()
    country = serializers.CharField()
    reference = serializers.CharField(required=False)


class DocumentShape(serializers.Serializer[Any]):
    """What invoices and credit notes say alike."""

    kind = serializers.CharField(required=False)
    number = serializers.CharField()
    issued_at = serializers.DateTimeField()
    supplied_at = serializers.DateTimeField()
    seller = PartyShape()
    buyer = PartyShape()
    po_number = serializers.CharField(required=False)
    cost_centre = serializers.CharField(required=False)
    currency = serializers.CharField()
    lines = serializers.ListField(child=DocumentLineShape())
    vat_by_rate = serializers.ListField(child=VatRateShape())
    vat_rule = serializers.CharField()
    vat_note = serializers.CharField()
    vat_home = VatHomeShape(required=False, allow_null=True)
    net_minor = serializers.IntegerField()
    vat_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    payment = PaidShape()


class InvoiceWhole(DocumentShape):
    """An invoice with all that is printed on it: the rate of NOS and its source among it."""

    series_prefix = serializers.CharField()
    credits_micro = serializers.IntegerField()
    rate_micro = serializers.IntegerField(help_text="Millionths of the currency for one NOS.")
    spread_bp = serializers.IntegerField(help_text="For the exchange, in hundredths of a percent.")
    rate_charged_micro = serializers.IntegerField()
    rate_source = serializers.CharField()
    rate_at = serializers.DateTimeField()
    home = HomeShape(required=False, allow_null=True)
    vat_check = VatProofShape(required=False, allow_null=True)
    places = serializers.ListField(child=PlaceProofShape(), required=False)
    replaces = serializers.CharField(
        required=False, allow_null=True, help_text="The number of a credited invoice."
    )


class CorrectedShape(serializers.Serializer[Any]):
    """The invoice that a credit note corrects."""

    number = serializers.CharField()
    issued_at = serializers.DateTimeField()


class CreditNoteWhole(DocumentShape):
    """A credit note with all that is printed on it."""

    invoice = CorrectedShape()
    reason = serializers.CharField()


class KindSumShape(serializers.Serializer[Any]):
    """What one kind of movement adds up to."""

    name = serializers.CharField()
    count = serializers.IntegerField()
    micro = serializers.IntegerField()


class ProjectSumShape(serializers.Serializer[Any]):
    """What the jobs of one project add up to."""

    name = serializers.CharField()
    jobs = serializers.IntegerField()
    seconds = serializers.IntegerField()
    micro = serializers.IntegerField()


class MovementShape(serializers.Serializer[Any]):
    """A movement, with the number of its document if it has one."""

    at = serializers.CharField(help_text="In the statement's time zone.")
    text = serializers.CharField()
    document = serializers.CharField(allow_null=True)
    micro = serializers.IntegerField()


class SettledJobShape(serializers.Serializer[Any]):
    """A job that was settled."""

    at = serializers.CharField(help_text="In the statement's time zone.")
    project = serializers.CharField()
    text = serializers.CharField()
    seconds = serializers.IntegerField()
    micro = serializers.IntegerField()


class StatementDataShape(serializers.Serializer[Any]):
    """All that is printed on a statement; of movements and jobs the first ones, the CSV has them all."""

    title = serializers.CharField()
    month = serializers.CharField()
    seller = PartyShape()
    buyer = PartyShape()
    cost_centre = serializers.CharField()
    time_zone = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    last_day = serializers.DateTimeField()
    closed_at = serializers.DateTimeField()
    opening_micro = serializers.IntegerField()
    closing_micro = serializers.IntegerField()
    lines = serializers.IntegerField()
    kinds = serializers.ListField(child=KindSumShape())
    projects = serializers.ListField(child=ProjectSumShape())
    movements = serializers.ListField(child=MovementShape())
    jobs = serializers.ListField(child=SettledJobShape())
