"""Forms of an organisation: its creation, and the details its invoices show."""

import unicodedata
from functools import cache
from typing import Any

from babel import Locale
from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from apps.core.languages import locale_now
from apps.core.money import CURRENCIES
from apps.organisations.models import Organisation
from apps.organisations.services.organisations import time_zones
from apps.organisations.vat_ids import VatIdInvalid, vat_id_compact

NOT_COUNTRIES = {"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"}
SELECTED = mark_safe(" selected")  # noqa: S308 - our own text
CURRENCY_NAMES = {
    "EUR": gettext_lazy("Euro (EUR)"),
    "USD": gettext_lazy("US dollar (USD)"),
    "GBP": gettext_lazy("Pound sterling (GBP)"),
}


def countries() -> list[tuple[str, str]]:
    """Return (ISO 3166 code, name) of every country, by name, in the language spoken now."""
    return _countries(Locale.parse(locale_now()).language)


@cache
def _countries(language: str) -> list[tuple[str, str]]:
    names = Locale(language).territories.items()
    found = [(code, name) for code, name in names if len(code) == 2 and code.isalpha()]
    plain = {code: unicodedata.normalize("NFKD", name).encode("ascii", "ignore") for code, name in found}
    return sorted((pair for pair in found if pair[0] not in NOT_COUNTRIES), key=lambda pair: plain[pair[0]])


def vat_id_clean(vat_id: str, country: str) -> str:
    """Return the VAT id in its compact form, or "" for none. Raises ValidationError."""
    try:
        return vat_id_compact(vat_id, country)
    except VatIdInvalid as error:
        raise forms.ValidationError(error.message) from error


class LongSelect(forms.Select):
    """A choice among hundreds, written in one go: Django renders a template per option, which takes tens of ms."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the element with its options."""
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((code, SELECTED if code == value else "", label) for code, label in self.choices),
        )
        return format_html(
            "<select{}>{}</select>",
            flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})),
            options,
        )


@cache
def time_zone_choices() -> list[tuple[str, str]]:
    """Return every time zone with its name as people read it ("Europe/Amsterdam")."""
    return [(name, name.replace("_", " ")) for name in time_zones()]


class VatIdMixin:
    """Checks the VAT id against the country chosen in the same form."""

    cleaned_data: dict[str, Any]

    def clean_vat_id(self) -> str:
        """Return the compact VAT id."""
        return vat_id_clean(self.cleaned_data.get("vat_id", ""), self.cleaned_data.get("country", ""))


def country_field() -> forms.ChoiceField:
    """Return the country field; VAT depends on it."""
    return forms.ChoiceField(
        choices=countries,
        label=gettext_lazy("Country"),
        initial="NL",
        help_text=gettext_lazy("Decides the VAT on your invoices."),
        widget=LongSelect(attrs={"autocomplete": "country"}),
    )


class OrganisationForm(VatIdMixin, forms.Form):
    """What a new organisation needs; the rest can wait."""

    name = forms.CharField(
        max_length=120,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Your company or team, as colleagues know it."),
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
        error_messages={"required": gettext_lazy("Give your organisation a name.")},
    )
    country = country_field()
    currency = forms.ChoiceField(
        choices=[(code, CURRENCY_NAMES[code]) for code in CURRENCIES],
        label=gettext_lazy("Currency"),
        help_text=gettext_lazy("Top-ups and invoices are in this currency."),
    )
    vat_id = forms.CharField(
        max_length=30,
        required=False,
        label=gettext_lazy("VAT id"),
        help_text=gettext_lazy("With its country prefix, such as NL123456789B01."),
    )
    address = forms.CharField(
        max_length=500,
        required=False,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("Street, postcode and city, on lines of their own. Invoices show it."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    finance_email = forms.EmailField(
        required=False,
        label=gettext_lazy("Finance e-mail"),
        help_text=gettext_lazy("Invoices go here; without one they go to you."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class DetailsForm(VatIdMixin, forms.ModelForm):
    """The details that invoices show."""

    country = country_field()
    vat_id = forms.CharField(
        max_length=30,
        required=False,
        label=gettext_lazy("VAT id"),
        help_text=gettext_lazy("With its country prefix."),
    )
    currency = forms.ChoiceField(
        choices=[(code, CURRENCY_NAMES[code]) for code in CURRENCIES],
        label=gettext_lazy("Currency"),
        help_text=gettext_lazy("What top-ups begin with."),
    )
    time_zone = forms.ChoiceField(
        choices=time_zone_choices,
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Days and months of statements follow it."),
        widget=LongSelect,
    )

    class Meta:
        model = Organisation
        fields = ("name", "legal_name", "address", "country", "vat_id", "finance_email", "currency", "time_zone")
        widgets = {"address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"})}
        labels = {
            "name": gettext_lazy("Name"),
            "legal_name": gettext_lazy("Legal name"),
            "address": gettext_lazy("Address"),
            "finance_email": gettext_lazy("Finance e-mail"),
        }
        help_texts = {
            "legal_name": gettext_lazy("As it is registered."),
            "address": gettext_lazy("Street, postcode and city, on lines of their own."),
            "finance_email": gettext_lazy("Invoices go here."),
        }
