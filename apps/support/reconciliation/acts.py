"""What staff do about an item: take it, write about it, resolve it. Books are never touched, and every act is kept."""

from datetime import datetime

from django.db import transaction

from apps.core.errors import AppError, NotFound
from apps.support.reconciliation.models import ReconciliationItem, ReconciliationNote
from apps.users.models import User

Act = ReconciliationNote.Act


class ItemOver(AppError):
    """The item matched, or was resolved before."""

    code = "reconciliation_item_over"
    status = 409


def item_assign(*, item_id: int, owner: User | None, user: User, now: datetime) -> ReconciliationItem:
    """Make a member of staff see to the item, or nobody; a repeat changes nothing. Raises NotFound."""
    with transaction.atomic():
        item = _locked(item_id)
        if item.owner_id != (owner.pk if owner else None):
            item.owner = owner
            item.save(update_fields=["owner"])
            _note(item, Act.OWNER, owner.email if owner else "nobody", user=user, now=now)
    return item


def item_comment(*, item_id: int, text: str, user: User, now: datetime) -> ReconciliationNote:
    """Keep what somebody says about the item. Raises NotFound."""
    with transaction.atomic():
        return _note(_locked(item_id), Act.COMMENT, text, user=user, now=now)


def item_resolve(*, item_id: int, reason: str, act: str, user: User, now: datetime) -> ReconciliationItem:
    """Say why nothing is left to do about the item and by which act it was mended; nothing is booked.

    Raises NotFound, ItemOver for one that matched or was resolved before.
    """
    with transaction.atomic():
        item = _locked(item_id)
        if not item.open:
            raise ItemOver("This item is over already; look at it again.")
        item.resolved_at, item.resolved_by, item.resolution, item.act = now, user, reason, act
        item.save(update_fields=["resolved_at", "resolved_by", "resolution", "act"])
        _note(item, Act.RESOLVED, f"{reason} (mended by {act})", user=user, now=now)
    return item


def item_reopen(*, item_id: int, reason: str, user: User, now: datetime) -> ReconciliationItem:
    """Open a resolved item again. Raises NotFound, ItemOver for one that was not resolved, or matched meanwhile."""
    with transaction.atomic():
        item = _locked(item_id)
        if item.resolved_at is None or item.matched_at is not None:
            raise ItemOver("This item is not resolved by hand; look at it again.")
        item.resolved_at = item.resolved_by = None
        item.resolution = item.act = ""
        item.save(update_fields=["resolved_at", "resolved_by", "resolution", "act"])
        _note(item, Act.REOPENED, reason, user=user, now=now)
    return item


def _locked(item_id: int) -> ReconciliationItem:
    item = ReconciliationItem.objects.select_for_update().filter(pk=item_id).first()
    if item is None:
        raise NotFound
    return item


def _note(item: ReconciliationItem, act: Act, text: str, *, user: User, now: datetime) -> ReconciliationNote:
    return ReconciliationNote.objects.create(item=item, act=act, user=user, text=text[:1000], at=now)
