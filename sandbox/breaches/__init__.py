"""A register of passwords known from breaches, asked by the first characters of a digest."""
