"""Corrections of invoices: due, numbered, printed, mailed, as invoices are."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.billing.models.documents import Document
from apps.billing.models.invoices import Invoice, InvoiceDue
from apps.core.ids import uuid7
from apps.organisations.models import Organisation


class CreditNoteDue(models.Model):
    """A promise to credit part of an invoice, or all of it; the database keeps their sum within the invoice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    invoice_due = models.ForeignKey(InvoiceDue, on_delete=models.PROTECT, related_name="credits_due")
    key = models.CharField(max_length=200, unique=True, help_text="Names the intent, so that it is credited once.")
    net_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, help_text="When it was numbered, printed and promised by mail.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(net_minor__gte=0, vat_minor__gte=0) & (Q(net_minor__gt=0) | Q(vat_minor__gt=0)),
                name="credit_due_positive",
            )
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(finished_at=None), name="credit_due_open")]

    def __str__(self) -> str:
        return f"credit of {self.net_minor}+{self.vat_minor} ({self.key})"


class CreditNote(Document):
    """A correction of one invoice, in a series of its own."""

    BEING_PRINTED = _("Credit note %(number)s is being printed; try again in a minute.")
    NOT_FOUND = _("There is no credit note “%(number)s” in %(organisation)s; choose one from the list.")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="credit_notes", db_index=False
    )
    due = models.OneToOneField(CreditNoteDue, on_delete=models.PROTECT, related_name="credit_note")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "sequence"], name="credit_note_sequence_once"),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("vat_minor")), name="credit_note_adds_up"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "id"], name="credit_note_page")]
