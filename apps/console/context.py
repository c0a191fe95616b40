"""What every page's frame needs: the person's organisations, the one they are in, its projects, balance and burn."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, JSONField, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from apps.billing.selectors import Wallet, wallet
from apps.console.places import Item, side_items
from apps.jobs.selectors import jobs_burn
from apps.organisations.models import Membership, Project
from apps.organisations.roles import Permission
from apps.organisations.selectors import memberships_shown
from apps.organisations.sign_in_rules import sign_in_refusal
from apps.users.models import User

PROJECTS_SHOWN = 12
LONGEST, SOON = timedelta(days=365), timedelta(days=7)
ALLOWED = {
    "may_launch": Permission.JOBS_LAUNCH,
    "may_stop": Permission.JOBS_STOP,
    "may_bill": Permission.BILLING_VIEW,
    "may_top_up": Permission.BILLING_MANAGE,
    "may_edit": Permission.ORGANISATION_EDIT,
}


@dataclass(frozen=True)
class Burn:
    """What runs now: how many jobs, their cost in micro-NOS an hour, and until when the credits last at that rate."""

    jobs: int
    micro_hour: int
    until: datetime | None  # None: for longer than a year
    soon: bool  # within days, so that the hour matters


def burn_of(found: dict[str, Any] | None, have: Wallet, now: datetime) -> Burn | None:
    """Return the burn of what `jobs_burn` found; None where nothing runs.

    What is held counts as there, less what the running jobs have cost by now.
    """
    if not found or not found["price"]:
        return None
    share = (10_000 + settings.PLATFORM_FEE_BP) / 10_000
    cost = max(found["price"] * now.timestamp() - found["begun"], 0) * share
    left = max(have.available_micro + have.held_micro - cost, 0)
    lasts = timedelta(seconds=min(left / (found["price"] * share), LONGEST.total_seconds() + 1))
    return Burn(
        jobs=found["jobs"],
        micro_hour=round(found["price"] * share * 3600),
        until=now + lasts if lasts <= LONGEST else None,
        soon=lasts < SOON,
    )


class Frame:
    """The frame of one page. Two queries at most, each only when a template shows what it answers."""

    def __init__(self, request: HttpRequest, user: User) -> None:
        self._request = request
        self._user = user
        self._known: Membership | None = getattr(request, "membership", None)

    @cached_property
    def memberships(self) -> QuerySet[Membership]:
        """The person's memberships, with what waits for them; the one they are in also with projects and burn."""
        here = {"pk": self._known.pk} if self._known else {"organisation__slug__in": self._slugs}
        projects = Project.objects.filter(organisation=OuterRef("organisation"), archived_at=None)
        reach = self._known.reach.projects if self._known else None
        if reach is not None:
            projects = projects.filter(pk__in=list(reach))
        shown = projects.order_by("name", "id").values(found=JSONObject(slug="slug", name="name"))
        burn = When(**here, then=Subquery(jobs_burn(OuterRef("organisation")), output_field=JSONField()))
        return memberships_shown(self._user).annotate(
            projects_shown=ArraySubquery(shown[:PROJECTS_SHOWN]),
            burn_found=Case(burn, default=None, output_field=JSONField()),
        )

    @property
    def _slugs(self) -> list[str]:
        """Whose frame a page shows that let nobody in: the organisation of its address, else the one before."""
        match, session = self._request.resolver_match, getattr(self._request, "session", None)
        named = match.kwargs.get("slug", "") if match else ""
        return [str(named), str(session.get("organisation", "")) if session is not None else ""]

    @cached_property
    def row(self) -> Membership | None:
        """The row of the organisation they are in; outside of one, of the one they were in before this page."""
        rows = list(self.memberships)
        if self._known is not None:
            return next((one for one in rows if one.pk == self._known.pk), None)
        by_slug = {one.organisation.slug: one for one in rows}
        found = next((by_slug[slug] for slug in self._slugs if slug in by_slug), None)
        return found if found is None or sign_in_refusal(self._request, found) is None else None

    @property
    def membership(self) -> Membership | None:
        """Whose organisation the frame shows."""
        return self._known or self.row

    @cached_property
    def wallet(self) -> Wallet:
        """The credits of the organisation; a view that read them already has them in `request.wallet`."""
        known: Wallet | None = getattr(self._request, "wallet", None)
        if known is not None:
            return known
        return wallet(self.membership.organisation_id) if self.membership else Wallet(0, 0, 0)

    @property
    def burn(self) -> Burn | None:
        """What runs there."""
        found = self.row.burn_found if self.row else None  # type: ignore[attr-defined]
        return burn_of(found, self.wallet, timezone.now()) if found else None

    @property
    def side(self) -> list[Item]:
        """The places of the side navigation."""
        found = self._request.resolver_match
        return side_items(self.membership, found.view_name if found else "") if self.membership else []

    @property
    def waiting(self) -> int:
        """How many requests wait for the person's decision."""
        return self.row.waiting if self.row else 0  # type: ignore[attr-defined]

    @property
    def projects(self) -> list[dict[str, str]]:
        """The live projects that the member sees, by name, the first of them."""
        if self.row is None or (self._known is None and self.row.limited):  # which of them is not known here
            return []
        return self.row.projects_shown  # type: ignore[attr-defined]

    @property
    def launches(self) -> bool:
        """Whether the member may launch jobs."""
        return self.may(Permission.JOBS_LAUNCH)

    @property
    def bills(self) -> bool:
        """Whether the member sees the billing."""
        return self.may(Permission.BILLING_VIEW)

    def may(self, permission: Permission) -> bool:
        """Return whether the member may."""
        return self.membership is not None and self.membership.may(permission)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's context; views under an organisation set `request.membership`.

    What the frame itself shows is under `frame` and `frame_…`, which no view's context names by accident. The `may_…`
    are for pages, which may know better.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_authenticated:
        return {"membership": None}
    frame = Frame(request, user)
    known = getattr(request, "membership", None)
    return {
        "frame": frame,
        "membership": known or SimpleLazyObject(lambda: frame.membership),
        "frame_wallet": SimpleLazyObject(lambda: frame.wallet),
        **{name: SimpleLazyObject(lambda needs=needs: frame.may(needs)) for name, needs in ALLOWED.items()},  # type: ignore[misc]
    }
