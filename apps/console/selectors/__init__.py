"""Questions of the console, which looks at all floors: home, and what the palette finds."""

from apps.console.selectors.home import Overview, overview
from apps.console.selectors.search import Group, Hit, search

__all__ = ["Group", "Hit", "Overview", "overview", "search"]
