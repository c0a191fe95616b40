"""Balance, usage, limits, prices and documents for programs."""
