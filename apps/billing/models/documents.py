"""What invoices and credit notes are alike in: a number without gaps, amounts, what is printed, the print."""

from django.db import models

from apps.core.ids import uuid7
from apps.core.words import Words


class Document(models.Model):
    """A numbered document of VAT. Nothing of it changes once it has its number; the PDF is added once."""

    BEING_PRINTED: Words  # why there is no PDF yet, with %(number)s
    NOT_FOUND: Words  # why there is no such document, with %(number)s and %(organisation)s

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    series = models.CharField(max_length=30)
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=40, unique=True)
    issued_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    data = models.JSONField(help_text="All that is printed on it.")
    pdf = models.BinaryField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number
