"""Ceilings that staff set for one organisation, and the declines that made somebody ask for them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from apps.core.columns import fiat_column
from apps.core.errors import AppError
from apps.core.ids import uuid7
from apps.core.staff import ReadOnly
from apps.organisations.services import Actor
from apps.organisations.views.frame import actor_of
from apps.payments.models import Allowance, Decline
from apps.payments.services import allowance_give
from apps.payments.services.holding import RIGHT

FIELDS = ("organisation", "currency", "once_minor", "day_minor", "week_minor", "until", "reason")


class AllowanceForm(forms.ModelForm):
    """For whom, how much, until when, and why; it counts, or is asked for, as soon as all of that is valid."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)

    class Meta:
        model = Allowance
        fields = FIELDS
        help_texts = dict.fromkeys(("once_minor", "day_minor", "week_minor"), "Minor units (cents) before VAT.")

    actor: Actor
    made: Allowance | None = None

    def _post_clean(self) -> None:
        if self.errors:
            return
        given = {name: self.cleaned_data[name] for name in FIELDS[1:]}
        try:
            self.made = allowance_give(
                allowance_id=self.cleaned_data["submission"],
                organisation_id=self.cleaned_data["organisation"].pk,
                actor=self.actor,
                now=timezone.now(),
                **given,
            )
        except AppError as refusal:
            self.add_error(None, refusal.message)


@admin.register(Allowance)
class AllowanceAdmin(ModelAdmin):
    """Given here, never changed: a newer one takes its place, and each stands in the organisation's trail."""

    form = AllowanceForm
    list_display = (
        "created_at", "organisation", fiat_column("once_minor", "At once"), fiat_column("day_minor", "A day"),
        fiat_column("week_minor", "A week"), "until", "granted_at",
        "given_by", "reason",
    )  # fmt: skip
    search_fields = ("id", "organisation__slug", "organisation__name")
    autocomplete_fields = ()
    raw_id_fields = ("organisation",)
    ordering = ("-id",)
    list_select_related = ("organisation", "given_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(RIGHT)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return self.has_add_permission(request) or super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which knows who asks; a shown allowance needs none."""
        if obj is not None:
            kwargs["form"] = forms.ModelForm
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = actor_of(request, staff=True)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return a fresh id, so that the form sent twice gives one allowance."""
        return {**super().get_changeform_initial_data(request), "submission": uuid7()}

    def save_form(self, request: HttpRequest, form: AllowanceForm, change: bool) -> Any:
        """Take what the form's act has written."""
        return form.made

    def save_model(self, request: HttpRequest, obj: Allowance, form: Any, change: bool) -> None:
        """Do nothing: the form's act has written the row."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: it has no parts."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Do nothing: the organisation's trail has it."""

    def response_add(self, request: HttpRequest, obj: Allowance, post_url_continue: Any = None) -> HttpResponse:
        """Say what came of it."""
        if obj.granted_at is None:
            messages.warning(request, "It does not count yet: a colleague must approve it, and was asked by mail.")
        else:
            messages.success(request, "It counts from now on; what was tried before counts no more.")
        return HttpResponseRedirect(reverse("admin:payments_allowance_changelist"))


@admin.register(Decline)
class DeclineAdmin(ReadOnly, ModelAdmin):
    """Which charges were refused, to look at before somebody is let further."""

    list_display = ("at", "organisation", "person", "code", "risk_level", "risk_score", "fingerprint", "charge")
    list_filter = ("risk_level", "code")
    search_fields = ("charge", "fingerprint", "topup__organisation__slug", "topup__user__email")
    ordering = ("-id",)
    list_select_related = ("topup__organisation", "topup__user")

    @admin.display(description="Organisation")
    def organisation(self, decline: Decline) -> str:
        """Show whose top-up it was."""
        return str(decline.topup.organisation)

    @admin.display(description="Person")
    def person(self, decline: Decline) -> str:
        """Show who went to pay."""
        return decline.topup.user.email
