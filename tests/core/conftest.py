"""The sums of the invented requests, of all workers together."""

from pathlib import Path
from typing import Any


def pytest_ignore_collect(collection_path: Path, config: Any) -> bool | None:
    """Leave test_invented.py unread where walks are left out: its requests are made as it is collected."""
    left_out = config.option.markexpr == "not walk"
    return True if left_out and collection_path.name == "test_invented.py" else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many requests test_invented.py made."""
    reports = [one for kind in terminalreporter.stats.values() for one in kind if hasattr(one, "user_properties")]
    made = [dict(one.user_properties) for one in reports if getattr(one, "when", "") == "teardown"]
    counted = [one for one in made if "invented" in one]
    if counted:
        requests, checks = (sum(one[name] for one in counted) for name in ("invented", "checks"))
        terminalreporter.write_line(f"invented: {len(counted)} addresses, {requests} requests, {checks} checks")
