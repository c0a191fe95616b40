"""Forms of the staff: the answer, and which canned one it begins with."""

import uuid
from typing import Any

from django import forms

from apps.support.desk.colleagues import staff_rows
from apps.support.tickets.models import TEXT_LONGEST, CannedAnswer, Ticket
from apps.users.models import User


class AnswerForm(forms.Form):
    """An answer; `seen` is the last message that was on the page."""

    text = forms.CharField(
        required=False,
        max_length=TEXT_LONGEST,
        label="Answer",
        help_text="The people of the thread get it as a mail, and read it on their page as you write it.",
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={"max_length": "4,000 characters at most; shorten it."},
    )
    solved = forms.BooleanField(
        required=False,
        label="This solves it",
        help_text="Without an answer too. A reply of the customer opens it again.",
    )
    seen = forms.IntegerField(min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput())
    key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Refuse an answer that says nothing and solves nothing."""
        cleaned = super().clean() or {}
        if "text" in cleaned and not cleaned["text"] and not cleaned.get("solved"):
            self.add_error("text", "Write the answer, or tick that it is solved.")
        return cleaned


class OwnerForm(forms.Form):
    """Who of the staff sees to a ticket."""

    owner = forms.ModelChoiceField(
        queryset=User.objects.none(),
        required=False,
        empty_label="nobody",
        label="Owner",
        error_messages={"invalid_choice": "That is nobody of the staff; choose from the list."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = staff_rows()  # type: ignore[attr-defined]


def canned_text(canned: CannedAnswer, ticket: Ticket) -> str:
    """Return the answer with the person, the organisation and the subject filled in; other braces stay as they are."""
    text = canned.text
    for name, value in (
        ("{name}", str(ticket.opened_by)),
        ("{organisation}", ticket.organisation.name),
        ("{subject}", ticket.subject),
    ):
        text = text.replace(name, value)
    return text[:TEXT_LONGEST]
