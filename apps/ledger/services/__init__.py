"""The acts of the ledger, each in the file of its noun; nothing else writes the books."""

from apps.ledger.postings import Leg, Posting
from apps.ledger.services.accounts import AccountSpec, account_open, accounts_lock, accounts_open
from apps.ledger.services.digests import digests_close
from apps.ledger.services.transfers import transfer_post, transfer_post_many, transfer_reverse

__all__ = [
    "AccountSpec",
    "Leg",
    "Posting",
    "account_open",
    "accounts_lock",
    "accounts_open",
    "digests_close",
    "transfer_post",
    "transfer_post_many",
    "transfer_reverse",
]
