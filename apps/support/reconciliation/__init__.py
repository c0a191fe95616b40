"""Reconciliation: whether Stripe, ledger and chain tell the same of each day, and who sees to what does not match."""
