"""Questions to the books."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import BigIntegerField, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.ledger.errors import UnknownAccount
from apps.ledger.models import Account, Entry
from apps.ledger.sql import IMBALANCES


@dataclass(frozen=True)
class Imbalance:
    """Something wrong in the books: which transfer or account, and what about it."""

    kind: str
    subject: str
    sentence: str


def balance(code: str) -> int:
    """Return the sum of the account's entries, in the smallest unit of its currency. Raises UnknownAccount."""
    found = balances([code])
    if code not in found:
        raise UnknownAccount(_("There is no account %(code)s; check its code.") % {"code": code})
    return found[code]


def balances(codes: Iterable[str]) -> dict[str, int]:
    """Return the balances of those accounts that are open, by code, in one query."""
    rolled_up = (
        Entry.objects.filter(account=OuterRef("pk"))
        .order_by()
        .values("account")
        .annotate(s=Sum("amount"))
        .values("s")
    )
    return dict(
        Account.objects.filter(code__in=list(codes))
        .annotate(sum=Coalesce(F("balance"), Subquery(rolled_up, output_field=BigIntegerField()), 0))
        .values_list("code", "sum")
    )


def imbalances() -> list[Imbalance]:
    """Return everything in the books that is not as it must be; an empty list means that they are right."""
    with connection.cursor() as cursor:
        cursor.execute(IMBALANCES)
        return [Imbalance(*row) for row in cursor.fetchall()]
