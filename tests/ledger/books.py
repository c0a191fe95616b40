"""A few accounts for the books' tests."""

from datetime import UTC, datetime

from apps.ledger import services
from apps.ledger.models import Transfer
from apps.ledger.services import AccountSpec, Leg

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


def books_open(*, credits: int = 100) -> None:
    """Open purse and box (floor 0), and the platform-wide source and euros; put credits into purse."""
    services.accounts_open(
        [
            AccountSpec("purse", "NOS", 0),
            AccountSpec("box", "NOS", 0),
            AccountSpec("source", "NOS", None),
            AccountSpec("euros", "EUR", None),
            AccountSpec("euros:other", "EUR", None),
        ]
    )
    if credits:
        move("start", source=-credits, purse=credits)


def move(key: str, **amounts: int) -> Transfer:
    """Post one transfer of these amounts."""
    return services.transfer_post(key=key, legs=legs(**amounts), reason="test", at=NOW)


def legs(**amounts: int) -> list[Leg]:
    """Return the amounts as legs."""
    return [Leg(code, amount) for code, amount in amounts.items()]
