"""Jobs, their logs and results, and markets, for programs."""
