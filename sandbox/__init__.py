"""Stand-ins for the world outside, each a process of its own that speaks the real protocol."""
