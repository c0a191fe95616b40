"""Questions to the books, each in the file of its noun."""

from apps.ledger.selectors.books import Imbalance, balance, balances, imbalances
from apps.ledger.selectors.digests import Finding, book_verify, digest_proof, digests_known

__all__ = [
    "Finding",
    "Imbalance",
    "balance",
    "balances",
    "book_verify",
    "digest_proof",
    "digests_known",
    "imbalances",
]
