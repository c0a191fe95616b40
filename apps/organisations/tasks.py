"""The organisations' work in the background."""

from django.utils import timezone

from apps.core import queue
from apps.organisations import services, sign_ins


@queue.periodic("organisations.audit_days_close", every=600)
def audit_days_close() -> None:
    services.audit_days_close(now=timezone.now())


@queue.periodic("organisations.audit_days_empty", every=21_600)
def audit_days_empty() -> None:
    services.audit_days_empty(now=timezone.now())


@queue.periodic("organisations.approvals_expire", every=60)
def approvals_expire() -> None:
    services.approvals_expire(now=timezone.now())


@queue.periodic("organisations.sign_ins_purge", every=21_600)
def sign_ins_purge() -> None:
    sign_ins.sign_ins_purge(now=timezone.now())
