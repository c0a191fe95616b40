"""The network's own list of markets, as its dashboard serves it."""
