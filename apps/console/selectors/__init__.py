"""Questions of the console, which looks at all floors: home, and what the palette finds."""

from apps.console.selectors.home import Alerts, Money, Overview, acts, alerts, money, overview
from apps.console.selectors.search import Group, Hit, search

__all__ = ["Alerts", "Group", "Hit", "Money", "Overview", "acts", "alerts", "money", "overview", "search"]
