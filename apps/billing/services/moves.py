"""Credits moved to another organisation of the same owner, or to and from a project's pot."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing import sentences as said
from apps.billing.errors import AmountInvalid, MoveRefused
from apps.billing.models import Lot, LotTake
from apps.billing.services.balances import balance_fell
from apps.billing.services.lots import Part, lots_choose, lots_leave, lots_spendable
from apps.billing.services.wallets import wallet_open
from apps.core.errors import AppError
from apps.core.languages import plainly
from apps.core.money import credits_text
from apps.core.wiring import announce
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, accounts_lock, accounts_open, transfer_post
from apps.organisations.models import Membership, Organisation, Project
from apps.organisations.roles import Permission, Role
from apps.organisations.services import Actor, audit_record


@dataclass(frozen=True)
class Purse:
    """Where credits stand: in an organisation, or in the pot of one of its projects."""

    organisation: Organisation
    project: Project | None = None

    @property
    def code(self) -> str:
        """Return the purse's account."""
        if self.project is None:
            return chart.available(self.organisation.id)
        return chart.pot(self.organisation.id, self.project.id)

    def __str__(self) -> str:
        return _(said.POT) % {"project": self.project.name} if self.project else self.organisation.name


def credits_move(
    *,
    source: Purse,
    target: Purse,
    membership: Membership,
    micro: int,
    key: str,
    actor: Actor,
    now: datetime,
) -> Transfer:
    """Move credits (micro-NOS); their lots keep kind, price and expiry. The same key again moves nothing.

    Lots move in the order they are spent. To another organisation only paid credits move, both must have the same
    owner, and the person must be allowed to manage the billing of both. Raises Denied, MoveRefused, AmountInvalid,
    AppError for a key that is none, KeyReused for the same key with another move.
    """
    membership.require(Permission.BILLING_MANAGE)
    _check(source, target, membership, micro, key)
    full_key = f"move:{source.organisation.id}:{key}"
    with transaction.atomic():
        _open(target)
        accounts = accounts_lock([source.code, target.code])
        legs = [Leg(source.code, -micro), Leg(target.code, micro)]
        with plainly():
            facts = {"source": str(source), "target": str(target)}
        repeated = Transfer.objects.filter(key=full_key).exists()
        parts = [] if repeated else _parts(source, target, micro, now=now)
        transfer = transfer_post(key=full_key, legs=legs, reason="move", at=now, details=facts)
        if repeated:
            return transfer
        lots_leave(parts, transfer=transfer, reason=LotTake.Reason.MOVED)
        Lot.objects.bulk_create(_arrive(parts, target, transfer, now=now))
        if source.project is None:
            left = (accounts[source.code].balance or 0) - micro
            balance_fell(source.organisation.id, available_micro=left)
        announce("billing.credited", organisation_id=str(target.organisation.id))
        for organisation_id in dict.fromkeys([source.organisation.id, target.organisation.id]):
            audit_record(
                organisation_id=organisation_id,
                actor=actor,
                act="credits.moved",
                subject=f"transfer:{transfer.id}",
                after={"micro": micro, **facts},
                now=now,
            )
    return transfer


def _check(source: Purse, target: Purse, membership: Membership, micro: int, key: str) -> None:
    if type(micro) is not int or micro <= 0:
        raise AmountInvalid(
            _("Move a positive amount of credits."), fields={"amount": [_("Enter an amount above 0.")]}
        )
    if not 0 < len(key) <= 60 or not key.isprintable():
        raise AppError(_("A move needs a key of 1 to 60 characters."), code="key_invalid")
    if source.organisation != membership.organisation:
        raise MoveRefused(_("Credits are moved from the organisation you are in; open the other one first."))
    if source.code == target.code:
        raise MoveRefused(_("The credits are there already; choose another target."))
    if target.project is not None and target.project.archived_at is not None:
        raise MoveRefused(_("%(project)s is archived; choose a live project.") % {"project": target.project.name})
    if target.organisation != source.organisation:
        _check_owner(target.organisation, membership)


def _check_owner(target: Organisation, membership: Membership) -> None:
    both = Membership.objects.filter(organisation__in=[target, membership.organisation])
    owners = set(both.filter(role=Role.OWNER).values_list("user_id", flat=True))
    theirs = both.filter(organisation=target, user=membership.user).first()
    if theirs is None or not theirs.may(Permission.BILLING_MANAGE) or len(owners) != 1:
        raise MoveRefused(
            _("Credits move only between organisations of one owner, by somebody who manages the billing of both.")
        )


def _open(target: Purse) -> None:
    if target.project is None:
        wallet_open(target.organisation.id)
    else:
        accounts_open([chart.pot_account(target.organisation.id, target.project.id)])


def _parts(source: Purse, target: Purse, micro: int, *, now: datetime) -> list[Part]:
    project_id = source.project.id if source.project else None
    leaves = source.organisation != target.organisation
    lots = [
        lot
        for lot in lots_spendable(source.organisation.id, now=now, project_id=project_id)
        if lot.project_id == project_id and (lot.kind == Lot.Kind.PAID or not leaves)
    ]
    movable = sum(lot.remaining_micro for lot in lots)
    if micro > movable:
        sentence = (
            _(
                "%(micro)s credits cannot be moved: %(source)s has %(movable)s to move. Given credits stay where they "
                "were given."
            )
            if leaves
            else _("%(micro)s credits cannot be moved: %(source)s has %(movable)s to move.")
        )
        raise MoveRefused(
            sentence % {"micro": credits_text(micro), "source": source, "movable": credits_text(movable)},
            fields={"amount": [_("At most %(movable)s.") % {"movable": credits_text(movable)}]},
        )
    return lots_choose(lots, micro)


def _arrive(parts: list[Part], target: Purse, transfer: Transfer, *, now: datetime) -> list[Lot]:
    return [
        Lot(
            organisation=target.organisation,
            project=target.project,
            kind=lot.kind,
            priority=lot.priority,
            granted_micro=amount,
            remaining_micro=amount,
            currency=lot.currency,
            net_minor=None if lot.net_minor is None else lot.net_minor * amount // lot.granted_micro,
            origin_id=lot.origin_id or lot.id,
            transfer=transfer,
            expires_at=lot.expires_at,
            created_at=now,
        )
        for lot, amount in parts
    ]


def purse_of(organisation: Organisation, project_id: uuid.UUID | None) -> Purse:
    """Return the organisation's own purse, or the pot of one of its projects. Raises MoveRefused."""
    if project_id is None:
        return Purse(organisation)
    project = organisation.projects.filter(id=project_id).first()
    if project is None:
        raise MoveRefused(
            _("There is no such project in %(organisation)s; choose one from the list.")
            % {"organisation": organisation.name}
        )
    return Purse(organisation, project)
