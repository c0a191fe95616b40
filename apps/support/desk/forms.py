"""Forms of the desk."""

from django import forms

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
