"""Acme's notices, webhooks and channels for pictures: some read, some not."""

import uuid
from datetime import timedelta

from django.utils import timezone

from apps.jobs import sentences as said
from apps.notifications.selectors import reader_of
from apps.notifications.services import notice_read
from tests.notifications.endpoints import chat_of, delivery_of, webhook_of
from tests.notifications.notices import SETTLED, notice_make, unsubscribe_token
from tests.organisations.keys import grant
from tests.world import World


def notices_scene(world: World) -> dict[str, str]:
    """Make them; return the pages of notices and webhooks by name, and one for anybody as "open"."""
    now, acme, olga = timezone.now(), world.acme, world.olga
    settled = SETTLED | {"sentence": said.SETTLED % {"seconds": 929}}
    failed = SETTLED | {"name": "Nightly embeddings", "sentence": said.GIVEN_UP}
    asked = {"name": "Nightly", "market": "NVIDIA RTX 4090", "time": "4 h 00 min", "credits": "120.00"}
    told = [
        ("credits.added", {"credits_micro": 233_430_000, "currency": "EUR", "total_minor": 12_100}, None),
        ("invoice.issued", {"number": "NW-2026-000001", "currency": "EUR", "total_minor": 12_100}, None),
        ("member.joined", {"name": "Grace Hopper", "email": "grace@boreal.example", "role": "developer"}, olga),
        ("job.settled", settled, olga),
        ("approval.asked", {"approval": str(uuid.UUID(int=1)), "kind": "Launch a job", "by": "Mia"}, None),
        ("job.failed", failed, olga),
        ("balance.low", {"available_micro": 4_750_000}, None),
    ]
    made = [
        notice_make(
            acme,
            type,
            data={"worst_case": said.WORST_CASE % asked} | data,
            at=now + timedelta(minutes=5) - timedelta(minutes=17 * (len(told) - number)),
            person_id=person.pk if person else None,
            project_id=world.project.pk if type.startswith("job.") else None,
        )
        for number, (type, data, person) in enumerate(told)
    ]
    for notice in made[:3]:
        notice_read(grant=grant(olga, acme), notice_id=notice.pk, now=now)
    assert reader_of(grant(olga, acme)).pk is None
    hook, chat, delivery = webhook_of(acme), chat_of(acme), delivery_of(acme)
    notices, hooks = "/o/acme/notices/", "/o/acme/webhooks/"
    return {
        "open": f"/notices/unsubscribe/{unsubscribe_token(grant(olga, acme).member, 'job.failed')}/",
        "notices": notices,
        "notices-none-fits": f"{notices}?kind=dispute.lost&unread=1",
        "notice-choices": f"{notices}choices/",
        "webhooks": hooks,
        "webhook": f"{hooks}{hook.pk}/",
        "webhook-delivery": f"{hooks}{hook.pk}/deliveries/{delivery.pk}/",
        "webhook-new": f"{hooks}new/",
        "channel": f"{hooks}{chat.pk}/",
        "channel-new": f"{hooks}chat/new/",
        "channel-change": f"{hooks}{chat.pk}/chat/",
    }
