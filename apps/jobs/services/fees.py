"""What the network itself keeps."""

from django.conf import settings


def network_fee(deposit_micro: int) -> int:
    """Return what the network keeps of a deposit when a job is listed, micro-NOS (network facts §1.8)."""
    return deposit_micro // settings.CHAIN_FEE_DIVISOR if settings.CHAIN_FEE_DIVISOR else 0
