"""A long replay of demand and supply on a sandbox with faults, which must end reconciled."""
