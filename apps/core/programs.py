"""Which addresses are for programs: those of the REST API. Settings read this file, so it needs nothing."""

API = "/api"


def for_programs(path: str) -> bool:
    """Return whether the address is one of the API, also where there is none."""
    return path == API or path.startswith(f"{API}/")
