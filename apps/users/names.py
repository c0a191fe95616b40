"""How people are called."""


def name_clean(name: str) -> str:
    """Return a name on one line, as long as it may be."""
    return " ".join(name.replace("\x00", "").split())[:150]
