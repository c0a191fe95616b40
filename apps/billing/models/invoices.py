"""From a paid top-up to the invoice: due, numbered, printed, mailed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.documents import Document
from apps.core.ids import uuid7
from apps.organisations.models import Organisation


class InvoiceDue(models.Model):
    """A promise of an invoice, with its facts as they were when the money came; one per top-up.

    A second one replaces the first when its VAT turns out to be another (a VAT id confirmed later).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invoices_due")
    topup_id = models.CharField(max_length=60)
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="replaced_by",
        help_text="The invoice that was credited in full because its VAT was another.",
    )
    facts = models.JSONField(help_text="Seller, buyer, amounts, rate and payment: see services.invoices.")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, help_text="When it was numbered, printed and promised by mail.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topup_id"], condition=Q(replaces=None), name="invoice_due_once")
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(finished_at=None), name="invoice_due_open"),
            models.Index(fields=["topup_id"], name="invoice_due_topup"),
        ]

    def __str__(self) -> str:
        return f"invoice for {self.topup_id}"


class InvoiceCounter(models.Model):
    """The last number of a series; a series is a seller's year."""

    series = models.CharField(max_length=30, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"


class Invoice(Document):
    """A VAT invoice."""

    BEING_PRINTED = _("Invoice %(number)s is being printed; try again in a minute.")
    NOT_FOUND = _("There is no invoice “%(number)s” in %(organisation)s; choose one from the list.")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="invoices", db_index=False
    )
    due = models.OneToOneField(InvoiceDue, on_delete=models.PROTECT, related_name="invoice")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "sequence"], name="invoice_sequence_once"),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("vat_minor")), name="invoice_adds_up"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "id"], name="invoice_page")]
