"""A GPU node: joins a market of the sandbox's chain, runs its jobs for real and serves their logs."""
