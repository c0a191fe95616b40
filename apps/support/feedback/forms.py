"""The form of feedback, and that of its answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.support.feedback.models import PAGE_LONGEST, TEXT_LONGEST


class FeedbackForm(forms.Form):
    """What somebody wants to tell; the page it is about comes along."""

    text = forms.CharField(
        max_length=TEXT_LONGEST,
        label=_("What is it about?"),
        help_text=_(
            "A question, something that does not work, or an idea. The page and the job you looked at go with it."
        ),
        error_messages={
            "required": _("Write what you want to tell us."),
            "max_length": _("4,000 characters at most; shorten it."),
        },
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    page = forms.CharField(required=False, max_length=2_000, widget=forms.HiddenInput())
    key = forms.UUIDField(widget=forms.HiddenInput())

    def clean_page(self) -> str:
        """Return the address as a path of ours; anything else is no page."""
        page = self.cleaned_data["page"]
        return page[:PAGE_LONGEST] if page.startswith("/") and not page.startswith("//") else ""


class AnswerForm(forms.Form):
    """What staff answer by mail, or that nothing needs an answer."""

    text = forms.CharField(
        required=False,
        max_length=TEXT_LONGEST,
        label="Answer",
        help_text="It goes by mail to who said it, with what they said below it.",
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"max_length": "4,000 characters at most; shorten it."},
    )
    none = forms.BooleanField(
        required=False, label="It needs no answer", help_text="It is seen to, and no mail goes."
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a form that says neither, or both."""
        cleaned = super().clean() or {}
        if "text" in cleaned and bool(cleaned["text"]) == bool(cleaned.get("none")):
            self.add_error("text", "Write the answer, or tick that it needs none, not both.")
        return cleaned
