"""The forms of a ticket: to open one, and to write on."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.support.tickets.models import SUBJECT_LONGEST, TEXT_LONGEST


class ReplyForm(forms.Form):
    """The next message of a thread."""

    text = forms.CharField(
        max_length=TEXT_LONGEST,
        label=_("Your message"),
        help_text=_("Never write passwords, keys or card numbers here."),
        error_messages={
            "required": _("Write what you want to ask or tell."),
            "max_length": _("4,000 characters at most; shorten it."),
        },
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, solving: bool = False, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.fields["text"].required = not solving


class TicketForm(ReplyForm):
    """What somebody asks, and what it is about."""

    subject = forms.CharField(
        max_length=SUBJECT_LONGEST,
        label=_("Subject"),
        error_messages={
            "required": _("Say in a few words what it is about."),
            "max_length": _("150 characters at most; the rest belongs into the message."),
        },
    )
    about = forms.ChoiceField(
        required=False,
        label=_("Attach a job or an invoice"),
        help_text=_("Our staff then see it beside your message."),
    )

    def __init__(self, *args: Any, choices: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["about"].choices = choices  # type: ignore[attr-defined]
        self.order_fields(["subject", "about", "text", "key"])
