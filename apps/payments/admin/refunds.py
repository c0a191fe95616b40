"""Refunds for staff: made at once, or, beyond what is unspent, once a colleague approves; and what became of them."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from apps.billing.services import refund_limit, refund_offer
from apps.core.errors import AppError
from apps.core.ids import uuid7
from apps.core.money import fiat_text
from apps.core.staff import OneButton
from apps.organisations.models import Approval
from apps.organisations.services import Actor
from apps.organisations.views.frame import actor_of
from apps.payments.admin.frame import Parked
from apps.payments.models import Refund, TopUp
from apps.payments.services import refund_give_up, refund_pay, refund_start


class RefundForm(forms.ModelForm):
    """Of which top-up, how much, and why; it is made, or asked for, as soon as all of that is valid."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    topup = forms.UUIDField(
        label=gettext_lazy("Top-up"), widget=UnfoldAdminTextInputWidget, help_text=gettext_lazy("Its id.")
    )
    amount = forms.DecimalField(
        required=False,
        max_digits=12,
        decimal_places=2,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"step": "any"}),
        help_text=gettext_lazy(
            "With VAT, in the currency it was paid in. Empty: all that is unspent, at the price it was bought at."
        ),
    )
    reason = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("The customer reads it in the mail."),
    )

    class Meta:
        model = Refund
        fields = ("topup", "amount", "reason", "submission")

    actor: Actor
    made: Refund | Approval | None = None

    def _post_clean(self) -> None:
        if self.errors:
            return
        amount: Decimal | None = self.cleaned_data["amount"]
        submission: UUID = self.cleaned_data["submission"]
        try:
            self.made = refund_start(
                topup_id=self.cleaned_data["topup"],
                gross_minor=None if amount is None else int(amount * 100),
                reason=self.cleaned_data["reason"],
                actor=self.actor,
                refund_id=submission,
                now=timezone.now(),
            )
        except AppError as refusal:
            self.add_error(None, refusal.message)


class RefundActionForm(ActionForm):
    """What an action on refunds asks for: the bank's reference of one that was paid another way."""

    reference = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("Bank's reference"),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Bank's reference"}),
    )


@admin.register(Refund)
class RefundAdmin(OneButton, ModelAdmin):
    """Made here, never changed: Stripe and the bank say what becomes of it."""

    form = RefundForm
    change_form_outer_before_template = "desk/refund.html"
    button = "Refund"
    list_display = (
        "created_at", "organisation", "amount", "kind", "state", "owed_now", "reason", "made_by", "failure",
        "parked_reason",
    )  # fmt: skip
    list_filter = (Parked, "state", "kind")
    search_fields = ("id", "stripe_refund_id", "topup__id", "organisation__slug")
    ordering = ("-id",)
    list_select_related = ("organisation", "made_by")
    action_form = RefundActionForm
    actions = ("give_up", "paid_another_way")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="Amount")
    def amount(self, refund: Refund) -> str:
        """Show the amount in its currency."""
        return fiat_text(refund.gross_minor, refund.currency)

    @admin.display(description="Owed", boolean=True)
    def owed_now(self, refund: Refund) -> bool:
        """Show whether the customer is still to get this money, in another way."""
        return refund.owed

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which knows who asks; a shown refund needs none."""
        if obj is not None:
            kwargs["form"] = forms.ModelForm
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = actor_of(request, staff=True)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the top-up that the address names, and a key of this form's own."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        return initial | {"submission": uuid7()}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        """Return the page, which says above the form what of the top-up can go back."""
        topup = _topup(request.POST.get("topup") or request.GET.get("topup", ""))
        if topup is not None:
            offer, left = refund_offer(topup_id=topup.pk), refund_limit(topup_id=topup.pk)
            context |= {"topup": topup, "offer_minor": offer.gross_minor, "left_minor": left.gross_minor}
        return super().render_change_form(request, context, *args, **more)

    def save_form(self, request: HttpRequest, form: RefundForm, change: bool) -> Any:
        """Take what the form's act has written, and say what came of it."""
        if isinstance(form.made, Approval):
            messages.warning(
                request, _("Nothing is sent yet: a colleague must approve it, and was asked by mail.")
            )
            request.approval_asked = form.made  # type: ignore[attr-defined]
            return Refund(id=form.cleaned_data["submission"])
        return form.made

    def save_model(self, request: HttpRequest, obj: Refund, form: Any, change: bool) -> None:
        """Do nothing: the form's act has written the row."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: a refund has no parts."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Do nothing: the organisation's trail has it."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """Lead to the list, or to the approvals where a colleague must approve it first."""
        if getattr(request, "approval_asked", None) is not None:
            return HttpResponseRedirect(reverse("admin:organisations_approval_changelist"))
        messages.success(request, _("The refund is on its way: Stripe is asked for it in a moment."))
        return HttpResponseRedirect(reverse("admin:payments_refund_changelist"))

    @admin.action(description="Give up, after looking in Stripe's dashboard", permissions=["add"])
    def give_up(self, request: HttpRequest, queryset: Any) -> None:
        """End refunds that Stripe was asked for and does not have; their credits are free again."""
        for refund in queryset:
            _tried(
                request,
                lambda refund=refund: refund_give_up(
                    refund_id=refund.pk, actor=actor_of(request, staff=True), now=timezone.now()
                ),
                f"{refund} is given up.",
            )

    @admin.action(
        description="It was paid another way (write the bank's reference in the box)", permissions=["add"]
    )
    def paid_another_way(self, request: HttpRequest, queryset: Any) -> None:
        """Note that refunds which failed were paid by bank; the reference names the payment."""
        reference = request.POST.get("reference", "")
        for refund in queryset:
            _tried(
                request,
                lambda refund=refund: refund_pay(
                    refund_id=refund.pk,
                    reference=reference,
                    actor=actor_of(request, staff=True),
                    now=timezone.now(),
                ),
                f"{refund} is paid.",
            )


def _tried(request: HttpRequest, act: Any, words: str) -> None:
    try:
        act()
    except AppError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, words)


def _topup(text: str) -> TopUp | None:
    try:
        return TopUp.objects.select_related("quote", "organisation").filter(id=UUID(text), state="paid").first()
    except ValueError:
        return None
