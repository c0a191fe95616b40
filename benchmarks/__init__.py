"""What `make bench` runs: each figure beside its baseline from the same run."""
