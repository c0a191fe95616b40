"""Staff pages: holds, invoices and credit notes, to look at."""

from django.contrib import admin
from unfold.admin import ModelAdmin

from apps.billing.models import CreditNote, Hold, Invoice, InvoiceDue
from apps.core.columns import credits_column, fiat_column
from apps.core.staff import ReadOnly


@admin.register(Hold)
class HoldAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "source",
        "organisation",
        "state",
        credits_column("amount_micro", "Credits"),
        "placed_at",
        "expires_at",
        "ended_at",
    )
    list_filter = ("state",)
    search_fields = ("source", "organisation__slug")
    ordering = ("-id",)
    list_select_related = ("organisation",)


@admin.register(InvoiceDue)
class InvoiceDueAdmin(ReadOnly, ModelAdmin):
    list_display = ("topup_id", "organisation", "created_at", "finished_at")
    list_filter = (("finished_at", admin.EmptyFieldListFilter),)
    search_fields = ("topup_id", "organisation__slug")
    ordering = ("-id",)
    list_select_related = ("organisation",)


class DocumentAdmin(ReadOnly, ModelAdmin):
    """A document with a number that nothing changes any more."""

    list_display = ("number", "organisation", "issued_at", fiat_column("total_minor", "Total"))
    search_fields = ("number", "organisation__slug")
    exclude = ("pdf",)
    ordering = ("-id",)
    list_select_related = ("organisation",)


admin.site.register(Invoice, DocumentAdmin)
admin.site.register(CreditNote, DocumentAdmin)
