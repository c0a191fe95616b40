"""What of a person in payments goes with their account; the payments themselves stay."""

from datetime import datetime

from apps.payments.models import TopUp


def payer_erase(*, user_id: int, now: datetime) -> None:
    """Forget from which addresses the person went to pay; invoices, proofs of place and books stay whole."""
    TopUp.objects.filter(user=user_id).exclude(ip_address="").update(ip_address="")
