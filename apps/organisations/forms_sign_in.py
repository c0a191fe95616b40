"""Forms about how an organisation's people sign in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.organisations.models import Provider
from apps.organisations.models.sign_in import JOIN_ROLES


class OrganisationSignInForm(forms.Form):
    """By whose sign-in somebody comes in: the address says it."""

    email = forms.EmailField(
        label=_("Your e-mail address at work"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
        error_messages={"required": _("Write your address at work.")},
    )


class PolicyForm(forms.Form):
    """What the organisation asks of a sign-in."""

    second_factor_required = forms.BooleanField(
        required=False,
        label=_("Everybody needs a second factor"),
        help_text=_("Whoever has none is led to set one up, and reaches nothing here before."),
    )
    sso_only = forms.BooleanField(
        required=False,
        label=_("Members come in by our own sign-in only"),
        help_text=_(
            "Passwords, passkeys and the like no longer open this organisation. The owner, with a second factor, still "
            "reaches this page. API keys go on."
        ),
    )


class DomainForm(forms.Form):
    """A domain of the organisation's."""

    name = forms.CharField(
        max_length=260,
        label=_("Domain"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "example.com"}),
        error_messages={"required": _("Write a domain such as example.com.")},
    )


class JoinForm(forms.Form):
    """With which role people of a domain become members."""

    role = forms.ChoiceField(
        required=False,
        label=_("Who confirms an address of it"),
        choices=[("", _("stays outside until invited")), *((role.value, role.label) for role in JOIN_ROLES)],
    )


class ProviderForm(forms.Form):
    """The organisation's own sign-in, as its provider shows it."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Provider.Kind.choices)
    issuer = forms.CharField(
        max_length=500,
        label=_("Issuer"),
        help_text=_("OpenID Connect: its https address. SAML: the provider's entity id."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    client_id = forms.CharField(
        max_length=300,
        required=False,
        label=_("Client id"),
        help_text=_("OpenID Connect only."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    secret = forms.CharField(
        max_length=1_000,
        required=False,
        strip=True,
        label=_("Client secret"),
        help_text=_(
            "OpenID Connect only. It is kept sealed and never shown; leave it empty to keep the present one."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    sso_url = forms.CharField(
        max_length=500,
        required=False,
        label=_("Sign-in address"),
        help_text=_("SAML only: where people are sent to."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    certificate = forms.CharField(
        max_length=8_000,
        required=False,
        label=_("Certificate"),
        help_text=_("SAML only: what the provider signs with, X.509 in base64."),
        widget=forms.Textarea(attrs={"rows": 5, "class": "code", "spellcheck": "false"}),
    )

    @classmethod
    def of(cls, provider: Provider | None, data: Any = None) -> "ProviderForm":
        """Return the form, filled in with what is set."""
        if provider is None:
            return cls(data)
        fields = ("kind", "issuer", "client_id", "sso_url", "certificate")
        return cls(data, initial={field: getattr(provider, field) for field in fields})
