"""Staff pages of one job: why it cost what it cost, what the chain shows of it, and what can be done."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import AppError, NotFound
from apps.jobs.models import Job
from apps.jobs.services import markets_for
from apps.organisations.views.frame import actor_of
from apps.support.rescue import acts
from apps.support.rescue.acts import Pressed
from apps.support.rescue.forms import MoveForm, OrderForm, ReasonForm, ToldForm, TryForm
from apps.support.rescue.page import JobDesk, job_desk
from apps.support.rescue.words import collected_words, observed_words, recovered_words

MISSING = "There is no job with this id."


@require_safe
@staff_member_required
@permission_required("jobs.view_job", raise_exception=True)
def job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """Show why a job cost what it cost; `?chain=now` reads its accounts on the chain too."""
    return _page(request, job_id, ask=request.GET.get("chain") == "now")


@require_POST
@staff_member_required
@permission_required("jobs.view_job", raise_exception=True)
def job_act(request: HttpRequest, job_id: uuid.UUID, act: str) -> HttpResponse:
    """Do something about a job; each act asks for its own right."""
    found = Job.objects.select_related("market").filter(pk=job_id).first()
    if found is None or act not in ACTS:
        return _missing(request)
    form, do = ACTS[act](request.POST, found)
    if not form.is_valid():
        return _refused(request, found, act, form, 422)
    told = form.cleaned_data
    pressed = Pressed(job_id, told["reason"], told["submission"], actor_of(request, staff=True), timezone.now())
    try:
        sentence = do(pressed, form)
    except AppError as refusal:
        for name, sentences in refusal.fields.items():
            if name in form.fields:
                form.add_error(name, list(sentences))
        if not form.errors:
            form.add_error(None, refusal.message)
        if refusal.status in (403, 404):  # then its form may not stand on the page
            messages.error(request, refusal.message)
        return _refused(request, found, act, form, refusal.status)
    messages.success(request, sentence)
    return redirect("support:job", job_id)


Act = Callable[[Any, Job], tuple[Any, Callable[[Pressed, Any], str]]]


def _look(data: Any, job: Job) -> tuple[Any, Callable[[Pressed, Any], str]]:
    return ReasonForm(data), lambda pressed, _form: observed_words(acts.job_read_again(pressed))


def _collect(data: Any, job: Job) -> tuple[Any, Callable[[Pressed, Any], str]]:
    return ReasonForm(data), lambda pressed, _form: collected_words(acts.job_collect_again(pressed))


def _end(data: Any, job: Job) -> tuple[Any, Callable[[Pressed, Any], str]]:
    def do(pressed: Pressed, _form: ToldForm) -> str:
        done = acts.job_end_now(pressed)
        return "Its end is on its way." if done else "Its end was asked for before; it is on its way."

    return ToldForm(data), do


def _move(data: Any, job: Job) -> tuple[Any, Callable[[Pressed, Any], str]]:
    def do(pressed: Pressed, form: MoveForm) -> str:
        told = form.cleaned_data
        done = acts.job_move_now(pressed, market=told["market"], agreed_micro=form.agreed_micro)
        return "It is taken off its market, then listed there." if done else "It is on its way there already."

    return MoveForm(data, job=job, markets=markets_for(job)), do


def _recover(data: Any, job: Job) -> tuple[Any, Callable[[Pressed, Any], str]]:
    def do(pressed: Pressed, form: TryForm) -> str:
        return recovered_words(*acts.attempt_recover_now(pressed, number=form.cleaned_data["attempt"]))

    return TryForm(data, numbers=list(job.attempts.values_list("number", flat=True))), do


def _retry(data: Any, job: Job) -> tuple[Any, Callable[[Pressed, Any], str]]:
    def do(pressed: Pressed, form: OrderForm) -> str:
        done = acts.order_try_again(pressed, order_id=form.cleaned_data["order"])
        return "The order is tried again within a second." if done else "The order did not wait for anybody."

    return OrderForm(data), do


ACTS: dict[str, Act] = {
    "look": _look,
    "collect": _collect,
    "end": _end,
    "move": _move,
    "recover": _recover,
    "retry": _retry,
}


def _refused(request: HttpRequest, job: Job, act: str, form: forms.Form, status: int) -> HttpResponse:
    return _page(request, job.pk, sent=(act, form), status=status)


def _page(
    request: HttpRequest,
    job_id: uuid.UUID,
    *,
    ask: bool = False,
    sent: tuple[str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    try:
        shown: JobDesk = job_desk(job_id, may=request.user.has_perm, now=timezone.now(), ask=ask, sent=sent)
    except NotFound:
        return _missing(request)
    context = {**admin.site.each_context(request), "title": shown.trail.job.name, "desk": shown}
    return render(request, "desk/rescue/job.html", context, status=status)


def _missing(request: HttpRequest) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": "Search", "words": "", "hits": [], "sentence": MISSING}
    return render(request, "desk/search.html", context, status=404)
