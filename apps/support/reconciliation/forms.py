"""Forms of what staff do about an item."""

from django import forms

from apps.support.desk.colleagues import staff_rows
from apps.users.models import User


class OwnerForm(forms.Form):
    """Who sees to it."""

    owner = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, empty_label="nobody", label="Owner"
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["owner"].queryset = staff_rows()  # type: ignore[attr-defined]


class CommentForm(forms.Form):
    """A remark for colleagues."""

    text = forms.CharField(
        max_length=1000,
        label="Comment",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write what colleagues should know."},
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=500,
        label="Reason",
        error_messages={"required": "Say why, in a sentence an auditor understands."},
    )


class ResolveForm(ReasonForm):
    """Why nothing is left to do, and which act mended it."""

    act = forms.CharField(
        max_length=200,
        label="Mended by",
        help_text="The act as its own page names it: a refund's id, a transfer's key, a payout of Stripe's.",
        error_messages={"required": "Name the act that mended it; nothing is mended by this form itself."},
    )
