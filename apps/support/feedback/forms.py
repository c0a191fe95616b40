"""The form of feedback."""

from django import forms
from django.utils.translation import gettext_lazy as _

PAGE_LIMIT = 300


class FeedbackForm(forms.Form):
    """What somebody wants to tell; the page it is about comes along."""

    text = forms.CharField(
        max_length=4_000,
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
        return page[:PAGE_LIMIT] if page.startswith("/") and not page.startswith("//") else ""
