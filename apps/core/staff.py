"""What every staff page begins with: rows are looked at; the acts live in services."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """A mixin for pages of the admin site whose rows only services write.

    An action with `permissions=["act"]` is for whoever has the model's change permission: seeing is not acting.
    """

    opts: Any

    show_full_result_count = False

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may do what the page's actions do."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")
