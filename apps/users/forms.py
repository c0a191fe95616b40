"""allauth's forms in our words: one word for an address, one sentence for what a password needs."""

from typing import Any

from allauth.account import forms
from django.forms import CharField, Form, TextInput
from django.utils.translation import gettext_lazy

ADDRESS = gettext_lazy("E-mail address")
PASSWORD = gettext_lazy(
    "At least 10 characters, not only digits. Common passwords, your own address and passwords known from breaches "
    "are refused."
)


def name_field() -> CharField:
    """Return the field of a person's name, which colleagues read wherever the person did something."""
    return CharField(
        max_length=150,
        required=False,
        label=gettext_lazy("Your name"),
        help_text=gettext_lazy("As colleagues know you; without one they see your e-mail address."),
        widget=TextInput(attrs={"autocomplete": "name"}),
    )


class NameForm(Form):
    """Ask how a person is called."""

    name = name_field()


class Worded:
    """Says address and password as the rest of the platform does; the cursor begins in the first empty field."""

    fields: dict[str, Any]
    begins = True  # whether the page is about this form, so that the cursor waits in it

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in self.fields.keys() & {"email", "login"}:
            self.fields[name].label = ADDRESS
            self.fields[name].widget.attrs.pop("placeholder", None)
        if "password1" in self.fields:
            self.fields["password1"].help_text = PASSWORD
        if self.begins:
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True


class SignupForm(Worded, forms.SignupForm):
    """Ask somebody new for a name, an address and a password."""

    name = name_field()
    field_order = ("name", "email", "password1")


class LoginForm(Worded, forms.LoginForm):
    """Ask for address and password."""


class ResetPasswordForm(Worded, forms.ResetPasswordForm):
    """Ask whose password was lost."""


class ResetPasswordKeyForm(Worded, forms.ResetPasswordKeyForm):
    """Ask for the new password of whoever came by a mail's link."""


class ChangePasswordForm(Worded, forms.ChangePasswordForm):
    """Ask for the old password and the new one."""


class SetPasswordForm(Worded, forms.SetPasswordForm):
    """Ask for a first password."""


class AddEmailForm(Worded, forms.AddEmailForm):
    """Ask for one more address, below the list of those there are."""

    begins = False


class CodeForm(Worded, forms.ConfirmEmailVerificationCodeForm):
    """Ask for the code that a mail brought."""
