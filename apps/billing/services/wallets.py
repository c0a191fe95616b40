"""The accounts behind an organisation's balance, opened before they are used."""

import uuid

from apps.billing import chart
from apps.ledger.services import accounts_open


def wallet_open(organisation_id: uuid.UUID) -> None:
    """Open the organisation's accounts, and the platform's, as far as they are not open."""
    accounts_open([*chart.accounts_of(organisation_id), *chart.platform_accounts()])
