"""Pages of an organisation, each in the file of its noun."""
