"""What the palette finds: pages, acts, jobs, templates, projects, members, invoices, as far as one may see them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.billing.selectors import invoices_found
from apps.console.places import places_found
from apps.core.moments import day_text
from apps.core.money import fiat_text
from apps.jobs.selectors import GalleryItem, gallery_items, jobs_found
from apps.organisations.models import Grant
from apps.organisations.roles import Permission
from apps.organisations.selectors import members_of, projects_of

SHOWN = 6  # of each group
LONGEST = 120
WORD = re.compile(r"\S")


@dataclass(frozen=True)
class Hit:
    """One thing found: its name, what it is besides, where it is."""

    label: Any
    detail: Any
    url: str
    icon: str
    state: str = ""
    state_label: str = ""


@dataclass(frozen=True)
class Group:
    """Things of one kind."""

    title: str | Promise
    hits: list[Hit]


def search(grant: Grant, text: str) -> list[Group]:
    """Return what fits the text, by kind, each kind at most SHOWN long: five queries, none for an empty text."""
    text = text.strip()[:LONGEST]
    slug = grant.organisation.slug
    acts: list[Hit] = []
    pages: list[Hit] = []
    for place in places_found(grant.member, text):
        hit = Hit(place.label, "", place.url(slug), place.icon)
        (acts if place.act else pages).append(hit)
    groups = [Group(_("Actions"), acts[:SHOWN]), Group(_("Pages"), pages[: SHOWN if text else None])]
    if WORD.search(text):
        things = [found(grant, text) for found in (_jobs, _templates, _projects, _members, _invoices)]
        groups = [*things, *groups]
    return [group for group in groups if group.hits]


def _group(title: str | Promise, hits: Iterable[Hit]) -> Group:
    return Group(title, list(hits))


def _jobs(grant: Grant, text: str) -> Group:
    slug = grant.organisation.slug
    jobs = jobs_found(grant, text, limit=SHOWN) if grant.may(Permission.JOBS_VIEW) else []
    return _group(
        _("Jobs"),
        (
            Hit(
                label=job.name,
                detail=job.market.name,
                url=reverse("jobs:detail", args=[slug, job.pk]),
                icon="cpu",
                state=job.state,
                state_label=job.get_state_display(),
            )
            for job in jobs
        ),
    )


def _templates(grant: Grant, text: str) -> Group:
    slug = grant.organisation.slug
    words = text.lower().split()
    items = [one for one in gallery_items(grant) if _called(one, words)] if grant.may(Permission.JOBS_VIEW) else []
    return _group(
        _("Templates"),
        (
            Hit(one.recipe.title, one.recipe.summary, reverse("jobs:template", args=[slug, one.slug]), "template")
            for one in items[:SHOWN]
        ),
    )


def _called(item: GalleryItem, words: list[str]) -> bool:
    called = " ".join([item.slug, item.recipe.title, *item.recipe.tags]).lower()
    return all(word in called for word in words)


def _projects(grant: Grant, text: str) -> Group:
    slug = grant.organisation.slug
    found = projects_of(grant).filter(Q(name__icontains=text) | Q(slug__icontains=text))[:SHOWN]
    return _group(
        _("Projects"),
        (
            Hit(one.name, _("archived") if one.archived_at else "", _project_url(slug, one.slug), "folder")
            for one in found
        ),
    )


def _project_url(slug: str, project: str) -> str:
    return reverse("console:project", args=[slug, project])


def _members(grant: Grant, text: str) -> Group:
    if not grant.may(Permission.ORGANISATION_VIEW):
        return Group(_("Members"), [])
    url = reverse("organisations:members", args=[grant.organisation.slug])
    people = members_of(grant.organisation).filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))
    return _group(
        _("Members"),
        (
            Hit(str(one.user), f"{one.user.email} · {one.get_role_display()}", f"{url}#member-{one.pk}", "user")
            for one in people[:SHOWN]
        ),
    )


def _invoices(grant: Grant, text: str) -> Group:
    if not grant.may(Permission.BILLING_VIEW):
        return Group(_("Invoices"), [])
    slug = grant.organisation.slug
    return _group(
        _("Invoices"),
        (
            Hit(
                one.number,
                f"{day_text(one.issued_at)} · {fiat_text(one.total_minor, one.currency)}",
                reverse("billing:invoice_pdf", args=[slug, one.number]),
                "file-invoice",
            )
            for one in invoices_found(grant.organisation, text)[:SHOWN]
        ),
    )
