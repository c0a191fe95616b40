"""What every staff page begins with: rows are looked at; the acts live in services."""

from typing import Any


class ReadOnly:
    """A mixin for pages of the admin site whose rows only services write."""

    show_full_result_count = False

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any) -> bool:
        return False
