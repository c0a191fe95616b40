"""Forms of support."""

from typing import Any

from django import forms

from apps.organisations.models import Membership, Organisation
from apps.support.models import MINUTES_DEFAULT, MINUTES_MAXIMUM


class VisitForm(forms.Form):
    """Where staff wants to look in, as whom, for how long and why."""

    organisation = forms.SlugField(
        max_length=60, label="Organisation", help_text="As its address has it: /o/acme/ is acme."
    )
    member = forms.EmailField(label="As which member", help_text="The e-mail address of the person.")
    minutes = forms.IntegerField(
        min_value=1, max_value=MINUTES_MAXIMUM, initial=MINUTES_DEFAULT, label="For how many minutes"
    )
    reason = forms.CharField(
        min_length=10, max_length=500, label="Why", help_text="The organisation reads it, and its trail keeps it."
    )
    break_glass = forms.BooleanField(
        required=False,
        label="Break the glass: begin now, without approval",
        help_text="For emergencies, superusers only. Owner, admins and our operations are told at once.",
    )

    def clean(self) -> dict[str, Any]:
        """Find the organisation and the member."""
        cleaned = super().clean() or {}
        organisation = Organisation.objects.filter(slug=cleaned.get("organisation", "")).first()
        if cleaned.get("organisation") and organisation is None:
            self.add_error("organisation", "There is no such organisation.")
        email = cleaned.get("member", "")
        found = Membership.objects.filter(organisation=organisation, user__email__iexact=email).first()
        if organisation is not None and email and found is None:
            self.add_error("member", "Nobody of that address is a member there.")
        return {**cleaned, "found_organisation": organisation, "member_id": found.pk if found else 0}
