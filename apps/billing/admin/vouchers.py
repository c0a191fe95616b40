"""Vouchers for staff: made with a reason, their code shown once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from apps.billing.models import Voucher
from apps.billing.services import voucher_make, voucher_withdraw
from apps.core.errors import AppError
from apps.core.money import MICRO


class VoucherForm(forms.ModelForm):
    """What a voucher gives, to how many, until when, and why; it is made as soon as all of that is valid."""

    credits = forms.DecimalField(
        min_value=0,
        max_value=10**9,
        decimal_places=6,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"step": "any"}),
        help_text=gettext_lazy("What each use gives."),
    )
    code = forms.CharField(
        required=False,
        max_length=50,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Empty: one that nobody guesses is made. It is shown once, after saving."),
    )

    class Meta:
        model = Voucher
        fields = ("credits", "limit", "expires_at", "credit_days", "reason", "code")

    staff_id = 0
    made: tuple[Voucher, str] | None = None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        given = self.cleaned_data
        try:
            self.made = voucher_make(
                staff_id=self.staff_id,
                micro=int(given["credits"] * MICRO),
                limit=given["limit"],
                expires_at=given["expires_at"],
                credit_days=given["credit_days"],
                reason=given["reason"],
                code=given["code"],
                now=timezone.now(),
            )
        except AppError as refusal:
            self.add_error(None, refusal.message)


@admin.register(Voucher)
class VoucherAdmin(ModelAdmin):
    """Made here, withdrawn here, never changed."""

    form = VoucherForm
    list_display = ("__str__", "micro", "used", "limit", "expires_at", "reason", "created_by", "withdrawn_at")
    search_fields = ("hint", "reason")
    ordering = ("-id",)
    list_select_related = ("created_by",)
    actions = ("withdraw",)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which knows who makes the voucher."""
        form = super().get_form(request, obj, change, **kwargs)
        form.staff_id = request.user.pk
        return form

    def save_form(self, request: HttpRequest, form: VoucherForm, change: bool) -> Any:
        """Take the voucher that the form has made, and show its code for the only time."""
        assert form.made is not None
        voucher, code = form.made
        messages.success(request, _("The code is %(code)s. Copy it now: it is kept nowhere.") % {"code": code})
        return voucher

    def save_model(self, request: HttpRequest, obj: Voucher, form: Any, change: bool) -> None:
        """Do nothing: the form's act has written the row."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: a voucher has no parts."""

    @admin.action(description="Withdraw", permissions=["add"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Voucher]) -> None:
        """Let nobody redeem the chosen vouchers any more."""
        for voucher in queryset:
            voucher_withdraw(voucher=voucher, now=timezone.now())
