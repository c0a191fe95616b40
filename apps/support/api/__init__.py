"""What customers ask and tell our staff, for programs."""
