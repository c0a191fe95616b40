"""Lengths of time as people read them."""


def duration_text(seconds: int) -> str:
    """Return seconds as "1 h 02 min", "3 min 20 s" or "45 s"."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {left:02d} s" if minutes else f"{left} s"
