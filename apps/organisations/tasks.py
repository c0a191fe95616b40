"""The organisations' work in the background."""

from django.utils import timezone

from apps.core import queue
from apps.organisations import services, sign_ins
from apps.organisations.services import sign_in


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


@queue.periodic("organisations.domains_recheck", every=3_600)
def domains_recheck() -> None:
    sign_in.domains_recheck(now=timezone.now())
