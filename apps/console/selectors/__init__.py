"""Questions of the console, which looks at all floors: the front page, home, and what the palette finds."""

from apps.console.selectors.front import Front, front
from apps.console.selectors.home import Alerts, Money, Overview, acts, alerts, money, overview
from apps.console.selectors.search import Group, Hit, search

__all__ = [
    "Alerts",
    "Front",
    "Group",
    "Hit",
    "Money",
    "Overview",
    "acts",
    "alerts",
    "front",
    "money",
    "overview",
    "search",
]
