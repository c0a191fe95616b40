"""Staff pages: jobs, attempts and markets, to look at; the acts live in services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from apps.core.columns import address_column, credits_column, text_column
from apps.core.errors import AppError
from apps.core.staff import ReadOnly
from apps.jobs.models import Attempt, Job, JobEvent, Market, Want
from apps.jobs.services import attempt_resolve, market_curate, resolve_check


class AttemptInline(ReadOnly, TabularInline):
    model = Attempt
    fields = ("number", "address", "node", "seconds", "cost_micro", "fee_micro", "released_micro", "settled_at")


class WantInline(ReadOnly, TabularInline):
    model = Want
    fields = ("seq", "kind", "created_at", "closed_at", "outcome")


class JobEventInline(ReadOnly, TabularInline):
    model = JobEvent
    fields = ("seq", "at", "sentence", "state", "signature", "slot")


@admin.register(Job)
class JobAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "organisation", "market", "state", "reason", "created_at")
    list_filter = ("state", "reason", "market")
    search_fields = ("id", "name", "attempts__address", "organisation__name")
    inlines = (AttemptInline, WantInline, JobEventInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).select_related("organisation", "market")


class Parked(admin.SimpleListFilter):
    """Those that wait for a person."""

    title, parameter_name = "parked", "parked"

    def lookups(self, *_unused: Any) -> list[tuple[str, str]]:
        return [("yes", "Waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attempt]) -> QuerySet[Attempt]:
        return queryset.filter(parked_at__isnull=False) if self.value() else queryset


class SettleForm(forms.ModelForm):
    """What the chain's history shows of a parked attempt."""

    seconds = forms.IntegerField(min_value=0, help_text=_("Seconds the customer pays; 0 if it never ran."))
    kept_micro = forms.IntegerField(
        min_value=0,
        label=_("Kept by the network"),
        help_text=_(
            "micro-NOS of the deposit that did not come back; what the customer does not pay is our loss."
        ),
    )
    evidence = forms.CharField(max_length=88, help_text=_("The signature that shows it."))
    note = forms.CharField(max_length=150, help_text=_("What was found; the customer reads it."))

    class Meta:
        model = Attempt
        fields: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        """Check the numbers against the attempt."""
        data = super().clean() or {}
        try:
            resolve_check(
                self.instance,
                seconds=data.get("seconds", 0),
                timeout_s=self.instance.job.timeout_s,
                kept_micro=data.get("kept_micro", 0),
                note=data.get("note", "-"),
            )
        except AppError as refusal:
            for field, sentences in refusal.fields.items():
                self.add_error(field, list(sentences))
        return data


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, ModelAdmin):
    """Tries on the chain; one that waits for a person is settled here, by what the chain's history shows."""

    form = SettleForm
    list_display = (
        "job",
        "number",
        address_column("address", "Address"),
        "seen",
        "parked_at",
        text_column("parked_why", "Parked why"),
        "settled_at",
        credits_column("loss_micro", "Loss, credits"),
    )
    list_filter = (Parked, "seen", "ending")
    search_fields = ("id", "address", "job__id", "job__name", "list_signature", "settle_signature")
    list_select_related = ("job",)
    readonly_fields = (
        "job",
        "number",
        "address",
        "node",
        "parked_at",
        "parked_why",
        "network_micro",
        "settled_at",
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        asked = ["seconds", "kept_micro", "evidence", "note"] if self.has_change_permission(request, obj) else []
        return [*self.readonly_fields, *asked]

    def has_change_permission(self, *args: Any) -> bool:
        """Allow it where something is to be settled, to staff who may change attempts."""
        request, obj = args[0], args[1] if len(args) > 1 else None
        waits = obj is None or (obj.parked_at is not None and obj.settled_at is None)
        return bool(waits and request.user.has_perm("jobs.change_attempt"))

    def save_model(self, request: HttpRequest, obj: Attempt, form: Any, change: bool) -> None:
        """Settle it; the books and the customer's page say so."""
        data = form.cleaned_data
        attempt_resolve(
            attempt_id=obj.pk,
            seconds=data["seconds"],
            kept_micro=data["kept_micro"],
            signature=data["evidence"],
            note=data["note"],
            by=str(request.user),
            now=timezone.now(),
        )


@admin.register(Market)
class MarketAdmin(ModelAdmin):
    """What chain, list and jobs say, to look at; staff hide, order and annotate."""

    list_display = (
        "name", credits_column("price_micro", "Credits a second"), "usd", "open", "hidden", "rank", "nodes_waiting",
        "queue_len", "wait_median_s", "finished", "observed_at", "listed_at",
    )  # fmt: skip
    list_filter = ("open", "hidden", "listed")
    search_fields = ("name", "slug", "gpu", "address")
    ordering = ("rank", "price_micro")
    CURATED = ("hidden", "rank", "note")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return all that is not staff's to say."""
        return [field.name for field in Market._meta.fields if field.name not in self.CURATED]

    @admin.display(description="$ an hour", empty_value="–")
    def usd(self, market: Market) -> str | None:
        """Show what the network's list says it costs."""
        return None if market.usd_micro_hour is None else f"{market.usd_micro_hour / 1_000_000:.3f}"

    @admin.display(description="finished", empty_value="–")
    def finished(self, market: Market) -> str | None:
        """Show how many of the jobs counted finished."""
        return None if not market.jobs_counted else f"{market.jobs_finished} of {market.jobs_counted}"

    def save_model(self, request: HttpRequest, obj: Market, form: Any, change: bool) -> None:
        """Write what staff say, and nothing else: the chain may have said something new meanwhile."""
        market_curate(market_id=obj.pk, hidden=obj.hidden, rank=obj.rank, note=obj.note)
