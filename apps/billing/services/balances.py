"""Who hears when a balance falls, and the mails that warn of it."""

import uuid

from apps.billing.models import BalanceWatch
from apps.core.wiring import announce


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
