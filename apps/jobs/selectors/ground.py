"""What a launch stands on: project, market, and what the organisation's jobs do by themselves."""

from dataclasses import fields
from typing import Any, NamedTuple

from django.db import connection

from apps.core.rows import columns, row_read
from apps.jobs.models import Market, OrganisationPolicy
from apps.jobs.policies import Policy
from apps.jobs.selectors.jobs import market_find
from apps.organisations.models import Grant, Organisation, Project
from apps.organisations.roles import Permission
from apps.organisations.selectors import project_default, project_get


class Ground(NamedTuple):
    """Where a job is to be launched, and the policy it has unless it brings its own."""

    project: Project
    market: Market
    policy: Policy


USUAL = [field.name for field in fields(Policy)]
# One question instead of three: a program's launch waits for each of them (benchmarks/api.py, api.job_post_vs_hold).
GROUND = f"""
    SELECT {columns(Project, "project")}, {columns(Market, "market")}, usual.organisation_id IS NOT NULL,
        {", ".join(f"usual.{name}" for name in USUAL)}
    FROM (
        SELECT * FROM organisations_project WHERE organisation_id = %(organisation)s AND {{chosen}}
        ORDER BY created_at, id LIMIT 1
    ) AS project
    CROSS JOIN (
        SELECT * FROM jobs_market WHERE (slug = %(market)s OR address = %(market)s) AND open AND NOT hidden LIMIT 1
    ) AS market
    LEFT JOIN jobs_organisationpolicy AS usual ON usual.organisation_id = project.organisation_id"""  # noqa: S608 - names of ours


def launch_ground(grant: Grant, *, project: str | None, market: str) -> Ground:
    """Return the named project, else the oldest in which the caller may launch, the market by its slug or address, and
    the organisation's policy. Raises as project_get, project_default and market_find do.
    """
    reach = grant.reach.projects if project is not None else grant.reach.projects_where(Permission.JOBS_LAUNCH)
    chosen = "slug = %(project)s" if project is not None else "archived_at IS NULL"
    chosen += "" if reach is None else " AND id = ANY(%(reach)s)"
    facts: dict[str, Any] = {"organisation": grant.organisation.pk, "project": project, "market": market}
    with connection.cursor() as cursor:
        cursor.execute(GROUND.format(chosen=chosen), {**facts, "reach": list(reach or ())})
        row = cursor.fetchone()
    if row is None:  # these know why, and say so
        found = (
            project_get(grant, project) if project is not None else project_default(grant, Permission.JOBS_LAUNCH)
        )
        return Ground(found, market_find(market), policy_of(grant.organisation))
    found, row = row_read(Project, row)
    place, (has_policy, *policy) = row_read(Market, row)
    return Ground(found, place, Policy(*policy) if has_policy else Policy())


def policy_of(organisation: Organisation) -> Policy:
    """Return what the organisation's new jobs do by themselves."""
    chosen = OrganisationPolicy.objects.filter(organisation=organisation).first()
    return chosen.policy if chosen else Policy()
