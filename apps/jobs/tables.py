"""The list of jobs: its columns, its filters, and the lines of its CSV."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.csv import csv_lines
from apps.core.lists import Column, Table
from apps.core.money import credits_plain
from apps.jobs.forms import project_choices
from apps.jobs.models import Job, Market
from apps.jobs.selectors import JobFilters, running_cost
from apps.jobs.state import State
from apps.organisations.models import Membership, Project

JOBS = Table(
    area="jobs",
    sort="-launched",
    columns=(
        Column("name", _("Job"), sort="name", always=True),
        Column("state", _("State")),
        Column("market", _("Market")),
        Column("project", _("Project"), shown=False),
        Column("launched", _("Launched"), sort="id"),
        Column("member", pgettext_lazy("who launched it", "By")),
        Column("started", _("Started"), shown=False),
        Column("ended", _("Ended"), shown=False),
        Column("limit", _("Time limit"), sort="timeout_s", number=True, shown=False),
        Column("visibility", _("Read by"), shown=False),
        Column("credits", _("Credits"), number=True),
    ),
)
CSV = (
    "id",
    "name",
    "state",
    "reason",
    "market",
    "project",
    "launched_by",
    "launched_at",
    "started_at",
    "ended_at",
    "time_limit_s",
    "visibility",
    "credits",
)
DAY = {"invalid": _("Write a day as 2026-11-02.")}


class FilterForm(forms.Form):
    """What a list of jobs is narrowed to; bad values narrow to nothing less than all. Days are those of UTC."""

    q = forms.CharField(
        max_length=120,
        required=False,
        label=_("Name, id or address"),
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Name, id or address"), "autocomplete": "off"}
        ),
    )
    state = forms.ChoiceField(required=False, label=_("State"))
    project = forms.ChoiceField(required=False, label=_("Project"))
    market = forms.ChoiceField(required=False, label=_("Market"))
    member = forms.ChoiceField(required=False, label=_("Launched by"))
    since = forms.DateField(
        required=False, label=_("From"), error_messages=DAY, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label=_("To"), error_messages=DAY, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(
        self, data: Any, *, projects: list[Project], markets: list[Market], members: list[Membership]
    ) -> None:
        super().__init__(data)
        self._projects, self._markets = projects, markets
        choices = {
            "state": [("", _("All states")), *State.choices],
            "project": [("", _("All projects")), *project_choices(projects)],
            "market": [("", _("All markets")), *((one.slug, one.name) for one in markets)],
            "member": [("", _("Everybody")), *((str(one.user_id), str(one.user)) for one in members)],
        }
        for name, pairs in choices.items():
            self.fields[name].choices = pairs  # type: ignore[attr-defined]

    def narrow(self) -> list[forms.BoundField]:
        """Return the fields that few searches need."""
        return [self[name] for name in ("market", "member", "since", "until")]

    def filters(self) -> JobFilters:
        """Return what is asked for; what is wrong, or unknown, narrows nothing."""
        self.is_valid()
        chosen = self.cleaned_data
        project = next((one for one in self._projects if one.slug == chosen.get("project")), None)
        market = next((one for one in self._markets if one.slug == chosen.get("market")), None)
        return JobFilters(
            state=chosen.get("state", ""),
            text=chosen.get("q", ""),
            project_id=project.pk if project else None,
            market_id=market.pk if market else None,
            member_id=int(chosen["member"]) if chosen.get("member") else None,
            since=_midnight(chosen.get("since")),
            until=_midnight(chosen.get("until"), days=1),
        )


def _midnight(day: Any, *, days: int = 0) -> datetime | None:
    if day is None or day.year > 9000:
        return None
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=days)


def jobs_csv(jobs: Iterable[Job], now: datetime) -> Iterator[str]:
    """Yield the jobs as lines of CSV; credits are what each has cost up to now."""
    return csv_lines(CSV, (_csv_row(job, now) for job in jobs))


def _csv_row(job: Job, now: datetime) -> list[Any]:
    def moment(at: datetime | None) -> str:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""

    return [
        str(job.pk),
        job.name,
        job.state,
        job.reason,
        job.market.slug,
        job.project.slug,
        job.member.email,
        moment(job.created_at),
        moment(job.started_at),
        moment(job.ended_at),
        job.timeout_s,
        job.visibility,
        credits_plain(running_cost(job, now)),
    ]
