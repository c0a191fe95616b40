"""The money simulator: many small worlds in which everything happens at once, twice, and dies in the middle."""
