"""What is known of an organisation's VAT id and of its place."""

from datetime import datetime

from apps.billing.models import PlaceProof, VatCheck
from apps.billing.vat import PROOF_LASTS
from apps.organisations.models import Organisation


def vat_check_latest(organisation: Organisation) -> VatCheck | None:
    """Return the newest question about the organisation's present VAT id, answered or not."""
    if not organisation.vat_id:
        return None
    checks = VatCheck.objects.filter(organisation=organisation, vat_id=organisation.vat_id)
    return checks.order_by("-asked_at", "-id").first()


def vat_check_answered(organisation: Organisation) -> VatCheck | None:
    """Return the newest answer about the organisation's present VAT id."""
    if not organisation.vat_id:
        return None
    checks = VatCheck.objects.filter(organisation=organisation, vat_id=organisation.vat_id)
    return checks.exclude(answered_at=None).order_by("-answered_at").first()


def vat_id_state(organisation: Organisation, *, now: datetime) -> str:
    """Return "valid" with a positive answer at most 30 days old, "invalid" after a negative one, else ""."""
    check = vat_check_answered(organisation)
    if check is None or check.answered_at is None:
        return ""
    if check.state == VatCheck.State.VALID and check.answered_at < now - PROOF_LASTS:
        return ""
    return str(check.state)


def places_of(organisation: Organisation) -> list[PlaceProof]:
    """Return what shows where the organisation is, beside its own word."""
    return list(PlaceProof.objects.filter(organisation=organisation).order_by("kind"))
