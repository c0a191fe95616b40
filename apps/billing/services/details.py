"""What invoices say of their customer: who may change it, and what follows from a change."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.billing.services.vat_checks import vat_id_check
from apps.organisations.models import Grant, Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, acting_lock, details_write

DETAILS = ("legal_name", "address", "country", "vat_id", "finance_email", "po_number", "cost_centre")


def billing_details_change(
    *, membership: Membership | Grant, details: Mapping[str, str], actor: Actor, now: datetime
) -> Organisation:
    """Change what new invoices say of the organisation, and have VIES asked about a new VAT id.

    `details` holds any of DETAILS. A repeat changes nothing. Raises Denied, Closed, VatIdInvalid for a VAT id that is
    none of the country's.
    """
    wanted = {field: details[field].strip() for field in DETAILS if field in details}
    with transaction.atomic():
        organisation = acting_lock(acting=membership, permission=Permission.BILLING_MANAGE)
        if details_write(organisation, wanted, act="billing.details_changed", actor=actor, now=now):
            vat_id_check(organisation_id=organisation.pk, now=now)
    return organisation
