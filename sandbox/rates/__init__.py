"""CoinGecko's simple price, with fixed prices of NOS that can be set."""
