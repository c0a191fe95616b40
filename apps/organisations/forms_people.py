"""Forms about an organisation's people: inviting, accepting, confirming."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.words import in_sentence
from apps.organisations.forms_projects import ProjectRoles
from apps.organisations.models import Membership, Organisation
from apps.organisations.roles import Role
from apps.organisations.services import roles_to_give

CSV_MAXIMUM = 100_000  # bytes


class InviteForm(ProjectRoles):
    """Whom to invite, as what, and, for some roles, to which projects."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": gettext_lazy("Write the address of the person you invite.")},
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), initial=Role.DEVELOPER)

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        live = membership.organisation.projects.filter(archived_at=None).order_by("name")
        self.fields["role"].choices = role_choices(membership)  # type: ignore[attr-defined]
        self.projects_ask(live, {})


class InviteManyForm(forms.Form):
    """A table of people to invite, typed or as a file."""

    text = forms.CharField(
        required=False,
        max_length=CSV_MAXIMUM,
        label=gettext_lazy("Lines"),
        help_text=gettext_lazy(
            "One person a line: e-mail address, role and, if they are to be limited, projects by their address."
        ),
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
    )
    file = forms.FileField(
        required=False,
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("UTF-8, up to 100 kB; its lines replace those above."),
    )

    def clean(self) -> dict[str, Any]:
        """Take the lines of the file, if there is one."""
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file is not None:
            if file.size > CSV_MAXIMUM:
                raise forms.ValidationError(_("The file is larger than 100 kB; send it in parts."))
            try:
                cleaned["text"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise forms.ValidationError(_("The file is not UTF-8 text; save it as “CSV UTF-8”.")) from error
        if not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Write at least one line, or choose a file."))
        return cleaned


class SignUpForm(forms.Form):
    """What somebody without an account gives to take the place they are offered."""

    name = forms.CharField(
        max_length=150,
        label=gettext_lazy("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
        error_messages={"required": gettext_lazy("Write your name, as colleagues know you.")},
    )
    password = forms.CharField(
        max_length=256,
        label=gettext_lazy("Password"),
        strip=False,
        help_text=gettext_lazy("Ten characters or more."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        """Refuse a password that is too easy."""
        password = str(self.cleaned_data["password"])
        password_validation.validate_password(password)
        return password


class ConfirmForm(forms.Form):
    """The organisation's name, typed, before something that cannot be taken back."""

    confirmation = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type the organisation's name.")},
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmation"].label = _("Type “%(organisation)s” to confirm") % {
            "organisation": organisation.name
        }


class HandOverForm(ConfirmForm):
    """Who becomes the owner."""

    member = forms.TypedChoiceField(coerce=int, label=gettext_lazy("New owner"))
    field_order = ("member", "confirmation")

    def __init__(self, *args: Any, membership: Membership, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, organisation=membership.organisation, **kwargs)
        self.fields["member"].choices = [  # type: ignore[attr-defined]
            (one.pk, f"{one.user} ({in_sentence(one.get_role_display())})")
            for one in members
            if one.pk != membership.pk
        ]


def role_choices(membership: Membership) -> list[tuple[str, str]]:
    """Return the roles that the member may give."""
    return [(role.value, str(role.label)) for role in roles_to_give(Role(membership.role))]
