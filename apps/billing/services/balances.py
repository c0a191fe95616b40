"""Who hears when a balance falls, and the mails that warn of it."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.errors import AmountInvalid
from apps.billing.events import BALANCE_LOW
from apps.billing.models import BalanceAlert, BalanceWatch
from apps.billing.selectors.balances import Burn, burn_of
from apps.billing.selectors.wallets import wallet
from apps.core.errors import AppError
from apps.core.mail import mail_write
from apps.core.sweeping import each_apart
from apps.core.wiring import announce
from apps.ledger.services.transfers import LIMIT
from apps.notifications.services import event_emit
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Permission, Role
from apps.organisations.selectors import mail_language
from apps.organisations.services import Actor, audit_record

ALERTS = "alerts"
MAX_ADDRESSES, MAX_ADDRESS, MAX_HOURS = 10, 254, 24 * 90
# A balance that wobbles around its threshold must not mail at each turn: after a mail it counts as well again only
# once it is a tenth above the threshold, or lasts a quarter longer than the hours.
WELL_ABOVE, WELL_LASTING = (11, 10), (5, 4)


def balance_fell(organisation_id: uuid.UUID, *, available_micro: int) -> None:
    """Announce that the available credits fell, if they are now below a level that somebody watches.

    One message per listener, in the caller's transaction. Nobody watches most balances, so most acts pay one look.
    """
    if BalanceWatch.objects.filter(organisation_id=organisation_id, below_micro__gt=available_micro).exists():
        announce("billing.balance_changed", organisation_id=str(organisation_id))


def balance_watch(*, organisation_id: uuid.UUID, watcher: str, below_micro: int | None) -> None:
    """Let `watcher` hear of balances below a level, in micro-NOS; None ends it. The last call counts."""
    if below_micro is None:
        BalanceWatch.objects.filter(organisation_id=organisation_id, watcher=watcher).delete()
        return
    BalanceWatch.objects.update_or_create(
        organisation_id=organisation_id, watcher=watcher, defaults={"below_micro": below_micro}
    )


def balance_alert_set(
    *,
    membership: Membership,
    below_micro: int | None,
    hours: int | None,
    addresses: Sequence[str],
    actor: Actor,
    now: datetime,
) -> BalanceAlert:
    """Choose when low-balance mails go, and to whom; None switches a kind off. Both are armed anew.

    Raises Denied, AmountInvalid, AppError for an address that is none or more than 10 of them.
    """
    membership.require(Permission.BILLING_MANAGE)
    if below_micro is not None and not 0 < below_micro <= LIMIT:
        raise AmountInvalid(
            _("The threshold must be above 0 credits."), fields={"below": [_("Enter more than 0.")]}
        )
    if hours is not None and not 0 < hours <= MAX_HOURS:
        sentence = _("Enter 1 to %(max_hours)s hours.") % {"max_hours": MAX_HOURS}
        raise AmountInvalid(
            _("The hours are out of range. %(sentence)s") % {"sentence": sentence}, fields={"hours": [sentence]}
        )
    addresses = _addresses(addresses)
    organisation_id = membership.organisation_id
    with transaction.atomic():
        before = _facts(BalanceAlert.objects.filter(organisation_id=organisation_id).first())
        alert, _unused = BalanceAlert.objects.update_or_create(
            organisation_id=organisation_id,
            defaults={
                "below_micro": below_micro,
                "hours": hours,
                "addresses": addresses,
                "below_told_at": None,
                "hours_told_at": None,
            },
        )
        # How long credits last depends on what runs, so with hours chosen every fall may matter.
        level = LIMIT if hours is not None else below_micro
        balance_watch(organisation_id=organisation_id, watcher=ALERTS, below_micro=level)
        announce("billing.balance_changed", organisation_id=str(organisation_id))
        audit_record(
            organisation_id=organisation_id,
            actor=actor,
            act="balance_alert.set",
            subject=f"organisation:{organisation_id}",
            before=before,
            after=_facts(alert),
            now=now,
        )
    return alert


def _facts(alert: BalanceAlert | None) -> dict[str, object]:
    if alert is None:
        return {"below_micro": None, "hours": None, "alert_email": []}
    return {"below_micro": alert.below_micro, "hours": alert.hours, "alert_email": alert.addresses}


def _addresses(typed: Sequence[str]) -> list[str]:
    addresses = list(dict.fromkeys(address.strip().lower() for address in typed if address.strip()))
    if len(addresses) > MAX_ADDRESSES:
        sentence = _("At most %(max_addresses)s addresses.") % {"max_addresses": MAX_ADDRESSES}
        raise AppError(sentence, code="addresses_invalid", fields={"addresses": [sentence]})
    for address in addresses:
        try:
            if len(address) > MAX_ADDRESS:
                raise ValidationError(_("too long"))
            validate_email(address)
        except ValidationError as error:
            sentence = _("“%(address)s” is no e-mail address; correct it or leave it out.") % {
                "address": address[:60]
            }
            raise AppError(sentence, code="addresses_invalid", fields={"addresses": [sentence]}) from error
    return addresses


def alert_addresses(organisation: Organisation) -> list[str]:
    """Return who is told about an organisation's credits: whom it chose, else its finance address, else its owner."""
    alert = BalanceAlert.objects.filter(organisation=organisation).first()
    if alert is not None and alert.addresses:
        return list(alert.addresses)
    if organisation.finance_email:
        return [organisation.finance_email]
    return [organisation.memberships.select_related("user").get(role=Role.OWNER).user.email]


def balance_check(*, organisation_id: uuid.UUID, now: datetime) -> list[str]:
    """Mail about a low balance, once per crossing; return which kinds were mailed now ("below", "hours").

    After a mail the same kind is silent until the balance was well again: a tenth above the threshold, or lasting
    a quarter longer than the hours.
    """
    with transaction.atomic():
        alert = (
            BalanceAlert.objects.select_for_update(of=("self",))
            .select_related("organisation")
            .filter(organisation_id=organisation_id)
            .first()
        )
        if alert is None:
            return []
        available = wallet(organisation_id).available_micro
        burn = burn_of(organisation_id, now=now)
        kinds = [*_below(alert, available, now=now), *_lasting(alert, available, burn, now=now)]
        for kind in kinds:
            alert.told += 1
            _mail(alert, kind, available=available, burn=burn)
            event_emit(
                organisation_id=organisation_id,
                type=BALANCE_LOW.name,
                subject=f"organisation:{organisation_id}",
                key=f"balance:{organisation_id}:{alert.told}",
                data={"kind": kind, "available_micro": available},
                mailed=alert_addresses(alert.organisation),
                now=now,
            )
        alert.save()
    return kinds


def _below(alert: BalanceAlert, available: int, *, now: datetime) -> list[str]:
    if alert.below_micro is None:
        return []
    if alert.below_told_at is not None:
        if available * WELL_ABOVE[1] >= alert.below_micro * WELL_ABOVE[0]:
            alert.below_told_at = None
        return []
    if available >= alert.below_micro:
        return []
    alert.below_told_at = now
    return ["below"]


def _lasting(alert: BalanceAlert, available: int, burn: Burn, *, now: datetime) -> list[str]:
    if alert.hours is None:
        return []
    if alert.hours_told_at is not None:
        if available * WELL_LASTING[1] >= burn.micro_per_hour * alert.hours * WELL_LASTING[0]:
            alert.hours_told_at = None
        return []
    if available >= burn.micro_per_hour * alert.hours:
        return []
    alert.hours_told_at = now
    return ["hours"]


def _mail(alert: BalanceAlert, kind: str, *, available: int, burn: Burn) -> None:
    organisation = alert.organisation
    for number, address in enumerate(alert_addresses(organisation)):
        mail_write(
            key=f"balance:{organisation.id}:{alert.told}:{number}",
            to=address,
            language=mail_language(organisation, address),
            template="balance_low",
            context={
                "kind": kind,
                "organisation": organisation,
                "alert": alert,
                "available_micro": available,
                "burn": burn,
                "hours_left": burn.hours(available),
                "platform": settings.PLATFORM_NAME,
                "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/top-up/",
                "settings_url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/credits/",
            },
        )


def balances_check(*, now: datetime) -> int:
    """Check every organisation that has alerts; return how many mails' worth of crossings there were.

    Hears what no announcement tells: a burn that grew while the balance stood, and a balance that is well again.
    """
    organisations = list(BalanceAlert.objects.values_list("organisation_id", flat=True))
    crossings = each_apart(organisations, lambda found: balance_check(organisation_id=found, now=now))
    return sum(len(crossed) for crossed in crossings)
