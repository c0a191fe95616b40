"""What the clients offer, described once."""
