"""What invoices say of their customer: who may change it, and what follows from a change."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.billing.services.vat_checks import vat_id_check
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record
from apps.organisations.vat_ids import vat_id_compact

DETAILS = ("legal_name", "address", "country", "vat_id", "finance_email", "po_number", "cost_centre")


def billing_details_change(
    *, membership: Membership, details: Mapping[str, str], actor: Actor, now: datetime
) -> Organisation:
    """Change what new invoices say of the organisation, and have VIES asked about a new VAT id.

    `details` holds any of DETAILS. A repeat changes nothing. Raises Denied, VatIdInvalid for a VAT id that is none
    of the country's.
    """
    membership.require(Permission.BILLING_MANAGE)
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=membership.organisation_id)
        wanted = {field: details[field].strip() for field in DETAILS if field in details}
        if wanted.keys() & {"vat_id", "country"}:
            country = wanted.get("country", organisation.country)
            wanted["vat_id"] = vat_id_compact(wanted.get("vat_id", organisation.vat_id), country)
        before = {field: getattr(organisation, field) for field in wanted}
        if before == wanted:
            return organisation
        for field, value in wanted.items():
            setattr(organisation, field, value)
        organisation.save(update_fields=list(wanted))
        audit_record(
            organisation_id=organisation.pk,
            actor=actor,
            act="billing.details_changed",
            subject=f"organisation:{organisation.pk}",
            before=before,
            after=wanted,
            now=now,
        )
        vat_id_check(organisation_id=organisation.pk, now=now)
    return organisation
