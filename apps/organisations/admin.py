"""Staff pages: requests that the platform's own people decide."""

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.errors import AppError
from apps.core.staff import ReadOnly
from apps.organisations.models import ApiKey, Approval, Domain, Organisation
from apps.organisations.selectors.approvals import STAFF_DECIDES
from apps.organisations.services import approval_decide
from apps.organisations.services.sign_in import domain_prove
from apps.organisations.views.frame import actor_of


class WordForm(ActionForm):
    """What a decision may say to who asked."""

    note = forms.CharField(
        required=False,
        max_length=1000,
        label="A word to who asked",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "A word to who asked (optional)"}),
    )


@admin.register(Approval)
class ApprovalAdmin(ReadOnly, ModelAdmin):
    """Every request; refunds and goodwill are decided here, by somebody else than who asked."""

    list_display = (
        "title",
        "organisation",
        "worst_case",
        "reason",
        "requester",
        "created_at",
        "state",
        "deadline",
        "decided_by",
    )
    fields = (
        "title",
        "place",
        "worst_case",
        "details",
        "reason",
        "requester",
        "created_at",
        "deadline",
        "state",
        "decided_by",
        "note",
        "ended_at",
        "refusal",
        "outcome",
    )
    readonly_fields = ("title", "place", "details")
    change_form_outer_before_template = "desk/approval.html"
    action_form = WordForm
    list_filter = ("state", "kind")
    search_fields = ("id", "subject", "organisation__slug")
    ordering = ("-id",)
    list_select_related = ("organisation", "requester", "decided_by")
    actions = ("approve", "deny")

    @admin.display(description="What")
    def title(self, approval: Approval) -> str:
        """Return what is asked for, in two or three words."""
        return approval.title

    @admin.display(description="Organisation")
    def place(self, approval: Approval) -> str:
        """Return the organisation, as a link to all that staff know of it."""
        page = reverse("support:organisation", args=[approval.organisation_id])
        return format_html('<a href="{}">{}</a>', page, approval.organisation.name)

    @admin.display(description="In figures")
    def details(self, approval: Approval) -> str:
        """Return the facts that whoever decides needs, one a line."""
        return format_html_join(mark_safe("<br>"), "{}: {}", approval.lines) or "-"

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may decide: reading the list is not enough."""
        return request.user.has_perm(STAFF_DECIDES)

    @admin.action(description="Approve, and do it", permissions=["decide"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Approval]) -> None:
        """Approve the chosen requests, each in a transaction of its own."""
        self._decide(request, queryset, approve=True)

    @admin.action(description="Deny", permissions=["decide"])
    def deny(self, request: HttpRequest, queryset: QuerySet[Approval]) -> None:
        """Deny the chosen requests."""
        self._decide(request, queryset, approve=False)

    def _decide(self, request: HttpRequest, queryset: QuerySet[Approval], *, approve: bool) -> None:
        looked_at = request.POST.get("round", "")
        for approval in queryset:
            try:
                decided = approval_decide(
                    approval_id=approval.pk,
                    staff=request.user,  # type: ignore[arg-type]
                    approve=approve,
                    note=request.POST.get("note", ""),
                    round=int(looked_at) if looked_at.isdecimal() else approval.round,
                    actor=actor_of(request, staff=True),
                    now=timezone.now(),
                )
            except AppError as refusal:
                messages.error(request, f"{approval}: {refusal.message}")
            else:
                told = messages.error if decided.refusal else messages.success
                told(request, f"{approval}: {decided.refusal or decided.get_state_display()}")


@admin.register(Organisation)
class OrganisationAdmin(ReadOnly, ModelAdmin):
    """Every organisation; its page of everything is the desk's."""

    list_display = ("name", "slug", "country", "currency", "created_at", "closed_at")
    list_filter = ("currency", ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("id", "name", "slug", "finance_email", "vat_id")
    ordering = ("-id",)


@admin.register(Domain)
class DomainAdmin(ReadOnly, ModelAdmin):
    """Domains that organisations named; one is marked proven here after proof other than by DNS."""

    list_display = ("name", "organisation", "verified_at", "verified_by", "missing_since", "join_role")
    list_filter = ("verified_by", ("missing_since", admin.EmptyFieldListFilter))
    search_fields = ("name", "organisation__slug")
    exclude = ("token",)
    ordering = ("name",)
    list_select_related = ("organisation",)
    actions = ("prove",)

    def has_prove_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may: reading the list is not enough."""
        return request.user.has_perm("organisations.change_domain")

    @admin.action(description="Mark as proven: we saw other proof than DNS", permissions=["prove"])
    def prove(self, request: HttpRequest, queryset: QuerySet[Domain]) -> None:
        """Mark the chosen domains proven, each in a transaction of its own."""
        for domain in queryset.select_related("organisation"):
            try:
                domain_prove(
                    organisation=domain.organisation,
                    domain_id=domain.pk,
                    by=Domain.By.STAFF,
                    actor=actor_of(request, staff=True),
                    now=timezone.now(),
                )
            except AppError as refusal:
                messages.error(request, f"{domain}: {refusal.message}")
            else:
                messages.success(request, f"{domain} is proven.")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, ModelAdmin):
    """Keys by their prefix; the key itself is kept nowhere."""

    list_display = ("prefix", "name", "organisation", "kind", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("kind", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("prefix", "name", "organisation__slug")
    exclude = ("digest",)
    ordering = ("-id",)
    list_select_related = ("organisation",)
