"""What is kept for a while and then forgotten, and what never is."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.core.idempotency import REMEMBERED, keys_forget, once
from apps.core.mail import KEPT, mail_deliver, mail_queue, mails_forget
from apps.core.models import IdempotencyKey, Mail, MailAttachment
from apps.users.sessions import sessions_forget
from tests.billing.money import rate
from tests.world import World

pytestmark = pytest.mark.django_db


def test_a_key_is_forgotten_after_thirty_days_but_never_where_a_repeat_could_cost() -> None:
    done: list[str] = []

    def act(name: str, *, forgets: bool) -> str:
        return str(once(scope="s", key=name, content=1, act=lambda: done.append(name) or name, forgets=forgets))

    act("money", forgets=False)
    act("name", forgets=True)
    later = timezone.now() + REMEMBERED
    assert keys_forget(now=later - timedelta(minutes=5)) == 0
    assert [keys_forget(now=later + timedelta(days=4_000)) for _ in range(2)] == [1, 0]
    assert (act("money", forgets=False), act("name", forgets=True)) == ("money", "name")
    assert done == ["money", "name", "name"]


def test_what_pays_or_launches_is_remembered_for_good_and_what_names_is_not(world: World) -> None:
    program = world.client(world.olga)
    made = {"content_type": "application/json", "headers": {"Idempotency-Key": "k-1"}}
    assert program.post("/api/v1/organisations/acme/projects", {"name": "Night"}, **made).status_code == 201
    rate(at=timezone.now())
    made["headers"] = {"Idempotency-Key": "k-2"}
    quote = {"currency": "EUR", "net_minor": 10_000}
    assert program.post("/api/v1/organisations/acme/quotes", quote, **made).status_code == 201
    forgotten = dict(IdempotencyKey.objects.values_list("key", "forget_at"))
    assert (forgotten["k-1"] is None, forgotten["k-2"] is None) == (False, True)


def test_a_mail_keeps_its_words_for_ninety_days_and_its_key_for_good() -> None:
    mails = [
        mail_queue(
            key=key, to="a@acme.example", subject="Invoice", text="Words", attachments=[("a.pdf", "x/y", b"1")]
        )
        for key in ("went", "waits")
    ]
    now = timezone.now()
    mail_deliver(mails[0].id, now=now)
    assert mails_forget(now=now + KEPT - timedelta(days=1)) == 0
    assert [mails_forget(now=now + KEPT + timedelta(days=1)) for _ in range(2)] == [1, 0]
    assert dict(Mail.objects.values_list("key", "text")) == {"went": "", "waits": "Words"}
    assert list(MailAttachment.objects.values_list("mail__key", flat=True)) == ["waits"]
    again = mail_queue(key="went", to="a@acme.example", subject="Invoice", text="Words")
    assert (again.id, again.subject, again.sent_at) == (mails[0].id, "Invoice", now)


def test_sessions_that_ended_go_with_what_was_known_of_their_browsers(world: World) -> None:
    now = timezone.now()
    for name, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=name, session_data="", expire_date=now + timedelta(days=days))
        UserSession.objects.create(session_key=name, user=world.olga, ip="203.0.113.9", user_agent="x")
    assert sessions_forget(now=now + timedelta(seconds=1)) == 1
    assert list(UserSession.objects.values_list("session_key", flat=True)) == ["new"]
