"""The pages of payments, each in the file of its noun."""
