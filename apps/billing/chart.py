"""The chart of accounts: the only place that spells their codes.

An account's balance is the sum of its entries. Accounts of an organisation hold credits (micro-NOS) and never go
below 0, but for its debt, which is never above; platform-wide accounts are the other side of each fact, in
micro-NOS or in minor units of a currency.
"""

import uuid

from apps.core.money import CURRENCIES
from apps.ledger.services import AccountSpec

NOS = "NOS"

FEES = "platform:fees"  # what the platform earned, in credits
LOSSES = "platform:losses"  # negative: what the platform bore for its customers
EXPIRED = "platform:expired"  # credits that were paid for and expired unused
PROMOTIONS = "promotions:NOS"  # negative: credits given away
NETWORK_SPEND = "network:spend"  # NOS that left for the network: nodes paid, network fees, losses on chain
FX_NOS = "fx:NOS"  # negative: credits sold
TREASURY = "treasury:NOS"  # NOS the owner put in
FUNDING = "funding:NOS"  # its other side, negative

DEBT_FLOOR = -(10**17)  # far beyond any debt; a floor makes the account one locked row


def available(organisation_id: uuid.UUID | str) -> str:
    """Return the account of the credits an organisation may spend."""
    return f"org:{organisation_id}:available"


def pot(organisation_id: uuid.UUID | str, project_id: uuid.UUID | str) -> str:
    """Return the account of the credits set aside for one project: only its jobs may use them."""
    return f"org:{organisation_id}:pot:{project_id}"


def all_of(organisation_id: uuid.UUID | str) -> str:
    """Return the pattern (of SQL's LIKE) that all accounts of an organisation match, and no other account."""
    return f"org:{organisation_id}:%"


def purses(organisation_id: uuid.UUID, project_id: uuid.UUID | None) -> list[str]:
    """Return the accounts that a project's jobs may use: its pot, if it has a project, and what is available."""
    pots = [pot(organisation_id, project_id)] if project_id else []
    return [*pots, available(organisation_id)]


def held(organisation_id: uuid.UUID | str) -> str:
    """Return the account of the credits reserved for an organisation's jobs."""
    return f"org:{organisation_id}:held"


def frozen(organisation_id: uuid.UUID | str) -> str:
    """Return the account of the credits an organisation may not spend while a refund or a dispute is open."""
    return f"org:{organisation_id}:frozen"


def owed(organisation_id: uuid.UUID | str) -> str:
    """Return the account of an organisation's debt (negative): credits it spent and whose payment it took back."""
    return f"org:{organisation_id}:owed"


def fx(currency: str) -> str:
    """Return the account of what credits were sold for in a currency, without VAT (negative)."""
    return f"fx:{currency}"


def stripe(currency: str) -> str:
    """Return the account of what Stripe holds for us in a currency."""
    return f"stripe:{currency}"


def stripe_fees(currency: str) -> str:
    """Return the account of what Stripe kept for its services."""
    return f"stripe-fees:{currency}"


def disputed(currency: str) -> str:
    """Return the account of what Stripe withdrew for disputes that are not decided."""
    return f"disputed:{currency}"


def losses_of(currency: str) -> str:
    """Return the account of the money that customers got twice: refunded by us and taken back by their bank."""
    return f"losses:{currency}"


def bank(currency: str) -> str:
    """Return the account of what Stripe paid out to the bank."""
    return f"bank:{currency}"


def vat(currency: str) -> str:
    """Return the account of VAT owed to the tax office (negative)."""
    return f"vat:{currency}"


def refunds_due(currency: str) -> str:
    """Return the account of what customers are to get back and have not yet (negative)."""
    return f"refunds-due:{currency}"


def accounts_of(organisation_id: uuid.UUID) -> list[AccountSpec]:
    """Return the accounts of one organisation."""
    codes = (available(organisation_id), held(organisation_id), frozen(organisation_id))
    return [*(AccountSpec(code, NOS, 0) for code in codes), AccountSpec(owed(organisation_id), NOS, DEBT_FLOOR)]


def pot_account(organisation_id: uuid.UUID, project_id: uuid.UUID) -> AccountSpec:
    """Return the account of a project's pot, opened when credits are first set aside."""
    return AccountSpec(pot(organisation_id, project_id), NOS, 0)


def platform_accounts() -> list[AccountSpec]:
    """Return the platform-wide accounts."""
    credits = [
        AccountSpec(code, NOS, None)
        for code in (FEES, LOSSES, EXPIRED, PROMOTIONS, NETWORK_SPEND, FX_NOS, TREASURY, FUNDING)
    ]
    fiat = [
        AccountSpec(code(currency), currency, None)
        for currency in CURRENCIES
        for code in (fx, stripe, stripe_fees, disputed, losses_of, bank, vat, refunds_due)
    ]
    return credits + fiat
