"""Pages about an organisation's money, each in the file of its noun."""
