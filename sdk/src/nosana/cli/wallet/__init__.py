"""The network with one's own wallet: what the network's own CLI does, on `nosana.chain`."""
