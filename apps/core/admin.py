"""Staff pages: tasks that were given up, the mails, and what colleagues did."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from apps.core.models import Mail, Message, StaffAct
from apps.core.queue import message_retry
from apps.core.staff import ReadOnly


class GivenUp(admin.SimpleListFilter):
    """Those that wait for a person."""

    title, parameter_name = "given up", "given_up"

    def lookups(self, *_: Any) -> list[tuple[str, str]]:
        return [("yes", "Waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(parked_at__isnull=False) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(ReadOnly, ModelAdmin):
    """Tasks that are still to be done; each runs again when somebody says so."""

    list_display = ("name", "queue", "attempts", "next_at", "parked_at", "error", "created_at")
    list_filter = (GivenUp, "queue")
    search_fields = ("id", "name")
    ordering = ("-id",)
    actions = ("try_again",)

    @admin.action(description="Try again", permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Take the chosen tasks that were given up back into the work."""
        who, now = request.user.pk, timezone.now()
        count = sum(message_retry(message_id=message.pk, staff_id=who, now=now) for message in queryset)
        messages.success(request, f"{count} {'task is' if count == 1 else 'tasks are'} tried again at once.")


class Unsent(admin.SimpleListFilter):
    """Those that did not go out."""

    title, parameter_name = "sent", "sent"

    def lookups(self, *_: Any) -> list[tuple[str, str]]:
        return [("no", "Not sent yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mail]) -> QuerySet[Mail]:
        return queryset.filter(sent_at=None) if self.value() else queryset


@admin.register(Mail)
class MailAdmin(ReadOnly, ModelAdmin):
    """What was written to whom; sealed words are never shown."""

    list_display = ("subject", "to", "created_at", "sent_at")
    list_filter = (Unsent,)
    search_fields = ("to", "key")
    ordering = ("-id",)
    fields = ("key", "to", "subject", "words", "created_at", "sent_at")

    @admin.display(description="text")
    def words(self, mail: Mail) -> str:
        """Show the text, unless it holds a secret."""
        return "It holds a secret." if mail.sealed else mail.text


@admin.register(StaffAct)
class StaffActAdmin(ReadOnly, ModelAdmin):
    """What the platform's own people did, and why."""

    list_display = ("at", "person", "act", "subject", "reason")
    list_filter = ("act",)
    search_fields = ("subject", "act", "organisation_id", "staff__email")
    ordering = ("-id",)
    list_select_related = ("staff",)

    @admin.display(description="Who", empty_value="the machine's console")
    def person(self, act: StaffAct) -> Any:
        """Show who it was."""
        return act.staff
