"""Goodwill for staff: given at once, or, above the platform's limit, once a colleague approves it."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from apps.billing.models import Goodwill
from apps.billing.services import goodwill_give
from apps.core.errors import AppError
from apps.core.ids import uuid7
from apps.core.money import MICRO, credits_text
from apps.core.staff import OneButton
from apps.organisations.models import Organisation
from apps.organisations.services import Actor
from apps.organisations.views.frame import actor_of


class GoodwillForm(forms.ModelForm):
    """To whom, how much, for how long, and why; it is given, or asked for, as soon as all of that is valid."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    organisation = forms.SlugField(
        widget=UnfoldAdminTextInputWidget, help_text=gettext_lazy("As it stands in the addresses of its pages.")
    )
    credits = forms.DecimalField(
        min_value=0,
        max_value=10**9,
        decimal_places=6,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"step": "any"}),
    )

    class Meta:
        model = Goodwill
        fields = ("organisation", "credits", "credit_days", "reason", "submission")

    actor: Actor
    given: Goodwill | None = None

    def clean_organisation(self) -> Organisation:
        """Return the organisation of that address. Raises ValidationError."""
        found = Organisation.objects.filter(slug=self.cleaned_data["organisation"]).first()
        if found is None:
            raise forms.ValidationError(
                _("There is no organisation of this address; copy it from one of its pages.")
            )
        return found

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        chosen = self.cleaned_data
        submission: UUID = chosen["submission"]
        try:
            self.given = goodwill_give(
                goodwill_id=submission,
                organisation_id=chosen["organisation"].pk,
                micro=int(chosen["credits"] * MICRO),
                credit_days=chosen["credit_days"],
                reason=chosen["reason"],
                actor=self.actor,
                now=timezone.now(),
            )
        except AppError as refusal:
            self.add_error(None, refusal.message)


@admin.register(Goodwill)
class GoodwillAdmin(OneButton, ModelAdmin):
    """Given here, never changed."""

    form = GoodwillForm
    change_form_outer_before_template = "desk/goodwill.html"
    button = "Give the credits"
    list_display = ("organisation", "amount", "state", "reason", "given_by", "second", "created_at")
    search_fields = ("organisation__slug", "organisation__name", "reason")
    ordering = ("-id",)
    list_select_related = ("organisation", "given_by", "approval__decided_by")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="Credits")
    def amount(self, goodwill: Goodwill) -> str:
        """Show the amount in credits."""
        return credits_text(goodwill.micro)

    @admin.display(description="Second person", empty_value="–")
    def second(self, goodwill: Goodwill) -> Any:
        """Show who decided, where somebody had to."""
        return goodwill.approval.decided_by if goodwill.approval else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which knows who gives."""
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = actor_of(request, staff=True)
        return form

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list, and say above it from where on a second person decides."""
        limit = credits_text(settings.GOODWILL_LIMIT_CREDITS * MICRO)
        words = f"Above {limit} credits for one organisation within 30 days, a colleague must approve (Approvals)."
        messages.info(request, words)
        return super().get_changelist_instance(request)

    def save_form(self, request: HttpRequest, form: GoodwillForm, change: bool) -> Any:
        """Take what the form's act has written, and say what came of it."""
        assert form.given is not None
        if form.given.approval_id is not None:
            messages.warning(
                request, _("Nothing is given yet: a colleague must approve it, and was asked by mail.")
            )
        return form.given

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        """Return the page, which says from where on a second person decides."""
        context["alone"] = credits_text(settings.GOODWILL_LIMIT_CREDITS * MICRO)
        return super().render_change_form(request, context, *args, **more)

    def response_add(self, request: HttpRequest, obj: Goodwill, post_url_continue: Any = None) -> HttpResponse:
        """Lead to the organisation, and say what it has now."""
        if obj.approval_id is None:
            words = _(
                "%(credits)s credits are given: %(organisation)s has them now, and reads that our staff gave them."
            )
            messages.success(
                request, words % {"credits": credits_text(obj.micro), "organisation": obj.organisation.name}
            )
        if not request.user.has_perm("organisations.view_organisation"):
            return HttpResponseRedirect(reverse("admin:billing_goodwill_changelist"))
        return HttpResponseRedirect(reverse("support:organisation", args=[obj.organisation_id]))

    def save_model(self, request: HttpRequest, obj: Goodwill, form: Any, change: bool) -> None:
        """Do nothing: the form's act has written the row."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: goodwill has no parts."""
