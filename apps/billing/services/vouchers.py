"""Vouchers: made by staff, redeemed by customers; each gives an organisation its credits once."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.errors import AmountInvalid, TooManyGuesses, VoucherRefused
from apps.billing.models import Lot, Voucher, VoucherUse
from apps.billing.services.lots import lot_grant
from apps.core.errors import AppError, Conflict
from apps.core.moments import day_text
from apps.ledger.services.transfers import LIMIT
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that reads like something else
LENGTH = 16  # 79 bits: nobody guesses a code that a machine made
MISSES, MISSES_SECONDS = 10, 3_600


def voucher_make(
    *,
    staff_id: int,
    micro: int,
    limit: int,
    expires_at: datetime,
    reason: str,
    now: datetime,
    credit_days: int | None = None,
    code: str = "",
) -> tuple[Voucher, str]:
    """Make a voucher and return it with its code, which is kept nowhere; `code` wishes for a certain one.

    Raises AmountInvalid for amounts that are none, AppError for an expiry that is over, no reason, or a code that
    is too short, has other signs than letters and digits, or is taken.
    """
    if (
        type(micro) is not int
        or not 0 < micro <= LIMIT
        or limit < 1
        or (credit_days is not None and credit_days < 1)
    ):
        raise AmountInvalid(_("A voucher gives a positive amount, at least once, for at least a day."))
    if expires_at <= now:
        raise AppError(_("The voucher would have expired already; choose a later time."), code="voucher_invalid")
    if not reason.strip():
        raise AppError(_("Say why this voucher is made; others will ask."), code="voucher_invalid")
    code = _plain(code) if code else "".join(secrets.choice(ALPHABET) for _unused in range(LENGTH))
    if not re.fullmatch(r"[A-Z0-9]{8,40}", code):
        raise AppError(_("A code has 8 to 40 letters and digits; choose another."), code="voucher_invalid")
    voucher, made = Voucher.objects.get_or_create(
        digest=_digest(code),
        defaults={
            "hint": code[:4],
            "micro": micro,
            "limit": limit,
            "expires_at": expires_at,
            "credit_days": credit_days,
            "reason": reason.strip()[:200],
            "created_by_id": staff_id,
            "created_at": now,
        },
    )
    if not made:
        raise Conflict(_("There is a voucher with this code; choose another."))
    return voucher, "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def voucher_withdraw(*, voucher: Voucher, now: datetime) -> None:
    """Let nobody redeem the voucher any more; what was redeemed stays."""
    Voucher.objects.filter(id=voucher.id, withdrawn_at=None).update(withdrawn_at=now)


def voucher_redeem(*, membership: Membership, code: str, actor: Actor, now: datetime) -> Lot:
    """Give the organisation the voucher's credits as a lot, once per organisation, as long as there are uses left.

    Raises Denied, VoucherRefused with the reason, TooManyGuesses after 10 codes an hour that are none (counted by
    organisation, person and network address; the count is a brake, the length of the codes is the wall).
    """
    membership.require(Permission.BILLING_MANAGE)
    counters = [
        f"voucher-miss:organisation:{membership.organisation_id}",
        f"voucher-miss:person:{membership.user_id}",
        *([f"voucher-miss:address:{actor.address}"] if actor.address else []),
    ]
    if any(count >= MISSES for count in cache.get_many(counters).values()):
        raise TooManyGuesses(_("Too many codes were tried that are no vouchers; try again in an hour."))
    organisation = membership.organisation
    with transaction.atomic():
        voucher = Voucher.objects.select_for_update().filter(digest=_digest(_plain(code))).first()
        if voucher is not None:
            _check(voucher, membership, now=now)
            transfer = lot_grant(
                organisation_id=organisation.id,
                kind=Lot.Kind.VOUCHER,
                micro=voucher.micro,
                key=f"voucher:{voucher.id}:{organisation.id}",
                now=now,
                expires_at=now + timedelta(days=voucher.credit_days) if voucher.credit_days else None,
            )
            lot = Lot.objects.get(transfer=transfer)
            VoucherUse.objects.create(
                voucher=voucher, organisation=organisation, lot=lot, user=membership.user, at=now
            )
            voucher.used += 1
            voucher.save(update_fields=["used"])
            audit_record(
                organisation_id=organisation.id,
                actor=actor,
                act="voucher.redeemed",
                subject=f"voucher:{voucher.id}",
                after={"micro": voucher.micro, "expires_at": lot.expires_at},
                now=now,
            )
            return lot
    for counter in counters:
        cache.add(counter, 0, MISSES_SECONDS)
        cache.incr(counter)
    raise VoucherRefused(
        _("This code is no voucher; check it for typing errors."),
        fields={"code": [_("No voucher has this code.")]},
    )


def _check(voucher: Voucher, membership: Membership, *, now: datetime) -> None:
    """Raise VoucherRefused with the reason why the (locked) voucher gives this organisation nothing."""
    use = VoucherUse.objects.filter(voucher=voucher, organisation=membership.organisation).first()
    if use is not None:
        sentence = _("%(organisation)s redeemed this voucher on %(at)s; it works once.") % {
            "organisation": membership.organisation.name,
            "at": day_text(use.at, "long"),
        }
    elif voucher.withdrawn_at is not None:
        sentence = _("This voucher was withdrawn.")
    elif voucher.expires_at <= now:
        sentence = _("This voucher could be redeemed until %(expires_at)s.") % {
            "expires_at": day_text(voucher.expires_at, "long")
        }
    elif voucher.used >= voucher.limit:
        sentence = _("This voucher was redeemed as often as it can be.")
    else:
        return
    raise VoucherRefused(sentence, fields={"code": [sentence]})


def _plain(code: str) -> str:
    """Return the code as it is kept in mind by its digest: upper case, without dashes and spaces."""
    return re.sub(r"[\s-]", "", code[:200]).upper()


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
