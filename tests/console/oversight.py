"""Rows to look at: requests in every state, and a trail of some days."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.jobs.gallery import starters
from apps.jobs.models import Market
from apps.jobs.services import job_launch
from apps.organisations.models import Approval, AuditEvent, Membership
from apps.organisations.services import Actor, approval_decide, approval_limits_set, audit_days_close, audit_record
from apps.users.models import User
from tests.world import World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"


def oversight_make(world: World) -> dict[str, str]:
    """Let Mia ask for large jobs and others decide; return what the addresses of the pages name."""
    adam = _member(world, world.adam)
    approval_limits_set(
        membership=adam, job_micro=500_000, cap_micro=50_000_000, actor=_actor(world.adam), now=timezone.now()
    )
    names = ("Fine-tune Llama 3, all layers", "Sweep of learning rates", "Render the keynote", "Embed the archive")
    done, denied, again, waiting = (_asked(world, name) for name in names)
    _decided(world, done, approve=True)
    _decided(world, denied, approve=False, note="Try the smaller model first, please.")
    Market.objects.filter(slug="nvidia-4090").update(price_micro=150)
    _decided(world, again, approve=True)
    Market.objects.filter(slug="nvidia-4090").update(price_micro=115)
    return {"waiting": str(waiting.pk), "again": str(again.pk), "denied": str(denied.pk), "event": _trail(world)}


def _trail(world: World) -> str:
    then = timezone.now() - timedelta(days=2)
    acts: list[tuple[str, str, Actor, dict[str, Any], dict[str, Any]]] = [
        ("cap.set", "cap:0193b6", _actor(world.olga), {"limit_micro": 50_000_000}, {"limit_micro": 80_000_000}),
        (
            "member.removed",
            "membership:7",
            _actor(world.adam),
            {"role": "viewer", "email": "lee@acme.example"},
            {},
        ),
        ("refund.made", "refund:41", Actor("staff", world.xena, acting_as=world.olga), {}, {"amount_minor": 1200}),
    ]
    for number, (act, subject, actor, before, after) in enumerate(acts):
        with transaction.atomic():
            audit_record(
                organisation_id=world.acme.pk,
                actor=actor,
                act=act,
                subject=subject,
                before=before,
                after=after,
                now=then + timedelta(minutes=number),
            )
    audit_days_close(now=timezone.now())
    return str(AuditEvent.objects.get(organisation=world.acme, act="cap.set").pk)


def _asked(world: World, name: str) -> Approval:
    made = job_launch(
        membership=_member(world, world.mia),
        project=world.project,
        market=Market.objects.get(slug="nvidia-4090"),
        definition=starters()[0].definition,
        timeout_s=4 * 3600,
        name=name,
        submission_key=str(uuid.uuid4()),
        reason="The benchmark of the quarter needs it before Friday.",
        actor=_actor(world.mia),
        now=timezone.now(),
    )
    assert isinstance(made, Approval)
    return made


def _decided(world: World, approval: Approval, *, approve: bool, note: str = "") -> None:
    approval_decide(
        approval_id=approval.pk,
        membership=_member(world, world.adam),
        approve=approve,
        note=note,
        actor=_actor(world.adam),
        now=timezone.now(),
    )


def _member(world: World, user: User) -> Membership:
    return Membership.objects.select_related("organisation", "user").get(user=user, organisation=world.acme)


def _actor(user: User) -> Actor:
    return Actor("person", user, address="198.51.100.7", agent=FIREFOX)
