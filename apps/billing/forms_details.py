"""The form of billing details. What may be changed is the services' rule; forms read what was typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.organisations.forms import VatIdMixin, country_field
from apps.organisations.models import Organisation


class BillingDetailsForm(VatIdMixin, forms.ModelForm):
    """What invoices say of the customer."""

    country = country_field()
    vat_id = forms.CharField(
        max_length=20,
        required=False,
        label=_("VAT id"),
        help_text=_("With its country prefix. Without one, invoices elsewhere in the EU carry VAT."),
    )

    class Meta:
        model = Organisation
        fields = ("legal_name", "address", "country", "vat_id", "finance_email", "po_number", "cost_centre")
        widgets = {"address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"})}
        labels = {
            "legal_name": _("Legal name"),
            "address": _("Address"),
            "finance_email": _("Finance e-mail"),
            "po_number": _("PO number"),
            "cost_centre": _("Cost centre"),
        }
        help_texts = {
            "legal_name": _("As it is registered."),
            "address": _("Street, postcode and city, on lines of their own."),
            "finance_email": _("Invoices, credit notes and statements go here."),
            "po_number": _("Your order's number, printed on new invoices."),
            "cost_centre": _("Printed on new invoices and statements."),
        }
