"""What every staff page begins with: rows are looked at; the acts live in services, and each leaves a line here."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from apps.core.models import StaffAct


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


class OneButton:
    """A mixin for forms of the admin site that do an act: one button, none that saves and goes on.

    `button` is what it says, where templates/admin/<app>/<model>/submit_line.html extends the desk's.
    """

    button = ""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False, "button": self.button}
        return super().render_change_form(request, context, *args, **more)  # type: ignore[misc]


def staff_act_write(
    *,
    staff_id: int | None,
    act: str,
    subject: str,
    now: datetime,
    organisation_id: uuid.UUID | None = None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> StaffAct:
    """Write one line of the staff's trail, in the transaction of the act; `facts` are plain JSON.

    What is written in an organisation's trail for staff comes here by itself (organisations' audit_record).
    """
    return StaffAct.objects.create(
        staff_id=staff_id,
        act=act,
        subject=subject[:120],
        organisation_id=organisation_id,
        reason=" ".join(reason.replace("\x00", " ").split())[:1_000],
        facts=dict(facts or {}),
        at=now,
    )
