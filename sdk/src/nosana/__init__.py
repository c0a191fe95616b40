"""Nosana from Python: job definitions, IPFS and the on-chain GPU market."""
