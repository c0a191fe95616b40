"""Billing details: what new invoices say of the organisation."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing import services
from apps.billing.forms_details import BillingDetailsForm
from apps.core.rest import Body, Text
from apps.core.rest.forms import form_read
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.models import Organisation
from apps.organisations.roles import Permission


class BillingDetailsShape(serializers.ModelSerializer[Organisation]):
    """What invoices say of their customer; order number and cost centre are printed on new ones."""

    class Meta:
        model = Organisation
        fields = ("legal_name", "address", "country", "vat_id", "finance_email", "po_number", "cost_centre")


class BillingDetailsChange(Body):
    """What can be changed; what is left out stays."""

    legal_name = Text(max_length=200, required=False, allow_blank=True)
    address = Text(max_length=500, required=False, allow_blank=True)
    country = Text(max_length=2, required=False)
    vat_id = Text(max_length=20, required=False, allow_blank=True)
    finance_email = Text(max_length=254, required=False, allow_blank=True)
    po_number = Text(max_length=60, required=False, allow_blank=True)
    cost_centre = Text(max_length=60, required=False, allow_blank=True)


class BillingDetails(Endpoint):
    """The billing details of an organisation."""

    @described(BillingDetailsShape)
    def get(self, request: Request, slug: str) -> Response:
        """Read the billing details: what new invoices say of the organisation."""
        return Response(BillingDetailsShape(self.grant(Permission.BILLING_VIEW).organisation).data)

    @described(BillingDetailsShape, body=BillingDetailsChange)
    def patch(self, request: Request, slug: str) -> Response:
        """Change billing details; issued invoices stay as they are, and VIES is asked about a new VAT id."""
        grant = self.grant(Permission.BILLING_MANAGE)
        sent = BillingDetailsChange(data=request.data).read()
        known = BillingDetailsForm(instance=grant.organisation).initial
        found = form_read(BillingDetailsForm({**known, **sent}))
        changed = services.billing_details_change(
            membership=grant,
            details={field: found[field] for field in sent},
            actor=self.actor,
            now=timezone.now(),
        )
        return Response(BillingDetailsShape(changed).data)
