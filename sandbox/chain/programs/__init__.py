"""The Nosana programs as Python models that follow network facts §1 instruction by instruction."""
