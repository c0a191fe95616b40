"""Early users: how far each organisation got, and what its people told us."""
