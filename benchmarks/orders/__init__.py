"""What the benchmark of the bridge runs in processes of its own."""
