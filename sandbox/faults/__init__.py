"""A JSON-RPC endpoint that misbehaves as real ones do, between the platform and a cluster."""
