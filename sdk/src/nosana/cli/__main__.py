"""`python -m nosana.cli`."""

from nosana.cli import main

main()
