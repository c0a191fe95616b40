"""Rates, top-ups and credits for tests."""

from datetime import UTC, datetime, timedelta

from apps.billing.models import Hold, Lot, Quote, Rate
from apps.billing.services import hold_place, lot_grant, quote_create, topup_credit
from apps.ledger.models import Transfer
from apps.organisations.models import Membership, Organisation, Project
from apps.users.models import User

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
CREDIT = 1_000_000


def rate(price_micro: int = 420_000, *, currency: str = "EUR", at: datetime = NOW) -> Rate:
    """Let a NOS cost this."""
    return Rate.objects.create(currency=currency, price_micro=price_micro, at=at, source="test", read_at=at)


def quote(
    organisation: Organisation, net_minor: int = 10_000, *, currency: str = "EUR", now: datetime = NOW
) -> Quote:
    """Quote at €0.42 and the spread of the settings."""
    if not Rate.objects.filter(currency=currency, at__gte=now - timedelta(minutes=1)).exists():
        rate(currency=currency, at=now)
    return quote_create(organisation=organisation, currency=currency, net_minor=net_minor, now=now)


def topup(
    organisation: Organisation,
    topup_id: str = "t1",
    net_minor: int = 10_000,
    *,
    currency: str = "EUR",
    now: datetime = NOW,
) -> Transfer:
    """Credit a paid top-up."""
    return topup_credit(
        organisation_id=organisation.id,
        topup_id=topup_id,
        quote=quote(organisation, net_minor, currency=currency, now=now),
        payment_reference="pi_1",
        now=now,
    )


def grant(
    organisation: Organisation,
    credits: int,
    *,
    key: str = "grant",
    expires_at: datetime | None = None,
    kind: Lot.Kind = Lot.Kind.PROMOTIONAL,
) -> Lot:
    """Give whole credits as a lot."""
    transfer = lot_grant(
        organisation_id=organisation.id,
        kind=kind,
        micro=credits * CREDIT,
        key=key,
        now=NOW,
        expires_at=expires_at,
    )
    return Lot.objects.get(transfer=transfer)


def hold(
    organisation: Organisation,
    credits: int,
    *,
    source: str = "job:1:1",
    fee: int = 0,
    label: str = "Train",
    project: Project | None = None,
    now: datetime = NOW,
) -> Hold:
    """Hold whole credits, and `fee` micro-NOS for the platform."""
    return hold_place(
        organisation_id=organisation.id,
        source=source,
        network_micro=credits * CREDIT,
        network_fee_micro=0,
        platform_fee_micro=fee,
        label=label,
        now=now,
        project_id=project.id if project else None,
    )


def member(organisation: Organisation, user: User) -> Membership:
    """Return the person's membership."""
    return Membership.objects.get(organisation=organisation, user=user)


def left(*lots: Lot) -> list[int]:
    """Return the whole credits that remain in each lot."""
    return [Lot.objects.get(id=lot.id).remaining_micro // CREDIT for lot in lots]
