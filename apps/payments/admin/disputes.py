"""Disputes for staff: the deadline, the evidence as one file, and the one answer that Stripe takes."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.errors import AppError, NotFound
from apps.core.moments import day_text
from apps.core.money import fiat_text
from apps.core.staff import OneButton
from apps.organisations.services import Actor
from apps.organisations.views.frame import actor_of
from apps.payments.evidence import evidence_zip
from apps.payments.models import Dispute
from apps.payments.services import dispute_answer


class AnswerForm(forms.ModelForm):
    """What we say about a dispute; it is promised to Stripe as soon as it is valid."""

    statement = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text=gettext_lazy(
            "Why the payment is right, in our own words. The evidence (invoice, terms, who acted from "
            "where, jobs with their chain signatures, usage) is added to it. Stripe takes one answer: "
            "look at the evidence first."
        ),
    )

    class Meta:
        model = Dispute
        fields = ("statement",)

    actor: Actor

    def _post_clean(self) -> None:
        if self.errors:
            return
        try:
            self.instance = dispute_answer(
                dispute_id=self.instance.pk,
                statement=self.cleaned_data["statement"],
                actor=self.actor,
                now=timezone.now(),
            )
        except AppError as refusal:
            self.add_error(None, refusal.message)


class Unanswered(admin.SimpleListFilter):
    """Shows what waits for an answer."""

    title = "answer"
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waits", "Waits for our answer")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() != "waits":
            return queryset
        return queryset.filter(evidence="none", status__in=["needs_response", "warning_needs_response"])


@admin.register(Dispute)
class DisputeAdmin(OneButton, ModelAdmin):
    """Written by Stripe's news; answered here."""

    form = AnswerForm
    change_form_outer_before_template = "desk/dispute.html"
    button = "Hand the answer in"
    list_display = (
        "opened_at", "organisation", "amount", "why", "stands", "due_at", "evidence", "pack", "refusal", "dispute_id",
    )  # fmt: skip
    fields = (
        "place", "payment", "amount", "why", "stands", "opened_at", "due_at", "pack", "evidence", "submitted_by",
        "submitted_at", "refusal", "dispute_id", "statement",
    )  # fmt: skip
    readonly_fields = fields[:-1]
    list_filter = (Unanswered, "status", "evidence")
    search_fields = ("dispute_id", "topup__id", "topup__payment_intent", "organisation__slug")
    ordering = ("-id",)
    list_select_related = ("organisation",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether an answer can be handed in: the person may, and the dispute takes one."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or (obj.open and obj.evidence in ("none", "refused")))

    @admin.display(description="Organisation")
    def place(self, dispute: Dispute) -> str:
        """Link to all that staff know of the organisation."""
        page = reverse("support:organisation", args=[dispute.organisation_id])
        return format_html('<a href="{}">{}</a>', page, dispute.organisation.name)

    @admin.display(description="Top-up")
    def payment(self, dispute: Dispute) -> str:
        """Link to the payment that is disputed."""
        quote, page = dispute.topup.quote, reverse("admin:payments_topup_change", args=[dispute.topup_id])
        total, day = fiat_text(quote.total_minor, quote.currency), day_text(dispute.topup.created_at)
        return format_html('<a href="{}">{}, {}</a>', page, total, day)

    @admin.display(description="The bank says")
    def why(self, dispute: Dispute) -> str:
        """Show the bank's reason in words."""
        return dispute.reason_text

    @admin.display(description="How it stands", ordering="status")
    def stands(self, dispute: Dispute) -> str:
        """Show what Stripe has of it, in words, and whether it waits for us."""
        if dispute.open and dispute.evidence in ("none", "refused"):
            return (
                "The bank asks; our answer is awaited" if dispute.inquiry else "Taken back; our answer is awaited"
            )
        return str(dispute.standing)

    @admin.display(description="Amount")
    def amount(self, dispute: Dispute) -> str:
        """Show the amount in its currency."""
        return fiat_text(dispute.amount_minor, dispute.currency)

    @admin.display(description="Evidence pack")
    def pack(self, dispute: Dispute) -> str:
        """Link to the evidence."""
        return format_html('<a href="{}">ZIP</a>', reverse("admin:payments_dispute_evidence", args=[dispute.pk]))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which knows who answers."""
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = actor_of(request, staff=True)
        return form

    def save_form(self, request: HttpRequest, form: AnswerForm, change: bool) -> Any:
        """Take what the form's act has written."""
        return form.instance

    def save_model(self, request: HttpRequest, obj: Dispute, form: Any, change: bool) -> None:
        """Do nothing: the form's act has written the row."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: an answer has no parts."""

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Lead to the list."""
        messages.success(request, _("The answer is on its way: it is handed in with the evidence in a moment."))
        return HttpResponseRedirect(reverse("admin:payments_dispute_changelist"))

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses, with the evidence's own."""
        own = path(
            "<uuid:dispute_id>/evidence.zip",
            require_safe(self.admin_site.admin_view(self.evidence_view)),
            name="payments_dispute_evidence",
        )
        return [own, *super().get_urls()]

    def evidence_view(self, request: HttpRequest, dispute_id: UUID) -> HttpResponse:
        """Download everything that speaks for the payment, as it is at this moment."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = Dispute.objects.select_related("topup__quote", "topup__user", "organisation").filter(pk=dispute_id)
        dispute = found.first()
        if dispute is None:
            raise NotFound(_("There is no such dispute."))
        return HttpResponse(
            evidence_zip(dispute=dispute, now=timezone.now()),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{dispute.dispute_id}.zip"'},
        )
