"""Forms of the desk."""

from django import forms

from apps.core.ids import uuid7
from apps.support.roles import ROLE_WORDS


class StaffForm(forms.Form):
    """Who shall have which roles of the staff."""

    email = forms.EmailField(label="E-mail address", help_text="Of an account that the person made themselves.")
    roles = forms.MultipleChoiceField(
        required=False,
        choices=[(role, f"{role}: {words}") for role, words in ROLE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        label="Roles",
        help_text="Exactly these. With none the person is no staff any more.",
    )


class NoteForm(forms.Form):
    """What a colleague should know of an organisation; sent twice, it is kept once."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    text = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="A note for colleagues",
        help_text="The organisation never reads it; it stays as it is written.",
    )
