"""Two sources of the price of NOS, CoinGecko's simple price and Pyth's Hermes, with prices that can be set."""

NOS_FEED = "4e4f532f555344" + "0" * 50  # "NOS/USD": the sandbox's own id of that feed
EUR_FEED = "a995d00bb36a63cef7fd2c287dc105fc8f3d93779f062f09551b0af3e81ec30b"
GBP_FEED = "84c2dde9633d93d1bcad84e7dc41c9d56578b7ec52fabedc1f335d673df0a7c1"
