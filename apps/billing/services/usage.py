"""Relabelling what was used: a row beside the record, which stays as it was settled."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing.errors import LabelsRefused
from apps.billing.models import UsageAdjustment, UsageRecord
from apps.core.errors import NotFound
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.services import Actor, audit_record

KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
LABELS_LIMIT = 20
VALUE_LIMIT = 100


def labels_check(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels if they can be kept. Raises LabelsRefused with what is wrong."""
    if len(labels) > LABELS_LIMIT:
        raise LabelsRefused(
            _("There are %(labels)s labels; a job has %(labels_limit)s at most.")
            % {"labels": len(labels), "labels_limit": LABELS_LIMIT}
        )
    for key, value in labels.items():
        if not KEY.fullmatch(key):
            raise LabelsRefused(
                _("“%(key)s” cannot name a label; use up to 40 of a-z, 0-9, dot, dash and underscore.")
                % {"key": key[:40]}
            )
        if not isinstance(value, str) or not 0 < len(value) <= VALUE_LIMIT or not value.isprintable():
            raise LabelsRefused(
                _("The label “%(key)s” needs a value of 1 to %(value_limit)s characters on one line.")
                % {"key": key, "value_limit": VALUE_LIMIT}
            )
    return dict(labels)


def usage_relabel(
    *,
    membership: Membership,
    actor: Actor,
    record_id: uuid.UUID,
    project_id: uuid.UUID | None,
    labels: Mapping[str, str],
    reason: str,
    now: datetime,
) -> UsageAdjustment:
    """Count a record under another project and labels in reports from now on; the same again changes nothing.

    The record, invoices and issued statements stay. Raises Denied, NotFound for a foreign record or project,
    LabelsRefused.
    """
    membership.require(Permission.BILLING_MANAGE)
    organisation = membership.organisation
    here = {"organisation": organisation.name}
    kept = labels_check(labels)
    if project_id is not None and not organisation.projects.filter(id=project_id).exists():
        raise NotFound(_("There is no such project in %(organisation)s; choose one from the list.") % here)
    with transaction.atomic():
        record = (
            UsageRecord.objects.select_for_update(no_key=True)
            .filter(organisation=organisation, id=record_id)
            .first()
        )
        if record is None:
            raise NotFound(_("There is no such usage in %(organisation)s; choose it from the list.") % here)
        last = record.adjustments.filter(current=True).first()
        if last is not None and (last.project_id, last.labels) == (project_id, kept):
            return last
        before = (
            {"project": record.project_id, "labels": record.dimensions.get("labels", {})}
            if last is None
            else {"project": last.project_id, "labels": last.labels}
        )
        record.adjustments.filter(current=True).update(current=False)
        adjustment = UsageAdjustment.objects.create(
            record=record,
            project_id=project_id,
            labels=kept,
            reason=reason[:200],
            person_id=actor.user.pk if actor.user else None,
            at=now,
        )
        audit_record(
            organisation_id=organisation.id,
            actor=actor,
            act="usage.relabelled",
            subject=f"usage:{record.id}",
            before=before,
            after={"project": project_id, "labels": kept},
            now=now,
        )
    return adjustment
