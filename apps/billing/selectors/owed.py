"""What the platform owes its customers."""

from django.db.models import Sum

from apps.ledger.models import Account


def credits_owed() -> int:
    """Return the credits of all organisations in micro-NOS: available, in pots, held for jobs, and frozen.

    What organisations owe the platform (debts) takes nothing off it.
    """
    accounts = Account.objects.filter(code__startswith="org:", balance__gt=0)
    return int(accounts.aggregate(sum=Sum("balance"))["sum"] or 0)
