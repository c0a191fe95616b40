"""How dates and times are written where nothing else says so."""
