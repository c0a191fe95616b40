"""Acts about a month's close: each with who, when and what was open then."""

from datetime import date, datetime

from django.db import transaction

from apps.core.errors import AppError
from apps.support.closing.models import MonthAct, MonthClose
from apps.support.closing.steps import bounds, checklist
from apps.users.models import User

Act = MonthAct.Act


class CloseRefused(AppError):
    """The month cannot be signed, or its signature taken back, as it stands."""

    code = "month_close_refused"
    status = 409


def month_sign(*, month: date, reason: str, user: User, now: datetime) -> MonthClose:
    """Sign a month off; with open steps only with a reason. Raises CloseRefused."""
    with transaction.atomic():
        close = _locked(month)
        if close.signed_at is not None:
            raise CloseRefused(f"{month:%Y-%m} was signed off before.")
        if bounds(month)[1] > now:
            raise CloseRefused(f"{month:%Y-%m} is not over; sign it off once it is.")
        left = checklist(month, now=now).left
        if left and not reason.strip():
            raise CloseRefused(f"Not done: {'; '.join(left)}. Say why the month is signed off all the same.")
        close.signed_at, close.signed_by = now, user
        close.save(update_fields=["signed_at", "signed_by"])
        MonthAct.objects.create(close=close, act=Act.SIGNED, user=user, reason=reason, left=left, at=now)
    return close


def month_unsign(*, month: date, reason: str, user: User, now: datetime) -> MonthClose:
    """Take the signature back, for a reason. Raises CloseRefused."""
    with transaction.atomic():
        close = _locked(month)
        if close.signed_at is None:
            raise CloseRefused(f"{month:%Y-%m} is not signed off.")
        if not reason.strip():
            raise CloseRefused("Say why the signature is taken back.")
        close.signed_at = close.signed_by = None
        close.save(update_fields=["signed_at", "signed_by"])
        MonthAct.objects.create(close=close, act=Act.OPENED, user=user, reason=reason, at=now)
    return close


def vat_report_drawn(*, month: date, user: User, now: datetime) -> MonthAct:
    """Keep that somebody drew the month's VAT report."""
    with transaction.atomic():
        return MonthAct.objects.create(close=_locked(month), act=Act.VAT, user=user, at=now)


def _locked(month: date) -> MonthClose:
    MonthClose.objects.get_or_create(month=month)
    return MonthClose.objects.select_for_update().get(month=month)
