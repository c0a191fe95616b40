"""Staff pages that cross all floors."""

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.support.treasury import treasury_standing


@require_safe
@staff_member_required
@permission_required("bridge.view_treasuryreading", raise_exception=True)
def treasury(request: HttpRequest) -> HttpResponse:
    """Show what backs the credits we owe, whether SOL lasts, and what a person must see to."""
    context = {
        **admin.site.each_context(request),
        "title": "Treasury",
        "standing": treasury_standing(now=timezone.now()),
    }
    return render(request, "support/treasury.html", context)
