"""A Solana cluster in one process: JSON-RPC around LiteSVM and a Python model of the Nosana programs."""
