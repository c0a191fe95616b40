"""Top-ups, cards, refunds and the rule for automatic top-ups, for programs."""
