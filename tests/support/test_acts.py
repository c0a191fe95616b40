"""What staff do to an organisation from its glance: pages, rights, both trails, and pressing twice."""

import uuid
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.billing.models import Cap, TrialExtension
from apps.core.models import Mail, Message, StaffAct
from apps.core.queue import message_retry
from apps.core.staff import staff_act_write
from apps.notifications.models import Delivery, Event
from apps.organisations.models import Organisation
from apps.payments.models import Allowance
from apps.users.models import User
from tests.notifications.endpoints import delivery_of
from tests.support.test_roles import colleague
from tests.world import World


def place(world: World, act: str = "") -> str:
    return f"/admin/organisation/{world.acme.pk}/{act and act + '/'}"


def test_support_freezes_and_thaws_from_the_glance(world: World) -> None:
    una = world.client(colleague("support"))
    assert place(world, "freeze") in una.get(place(world)).content.decode()
    assert "Jobs that wait or run" in una.get(place(world, "freeze")).content.decode()
    for _ in range(2):
        answer = una.post(place(world, "freeze"), {"reason": "Stolen card", "why": "We ask."}, follow=True)
    page = answer.content.decode()
    assert "Acme is frozen; what runs goes on" in page
    assert page.count("froze the organisation") == 2  # what people did, and what colleagues did
    assert all(words in page for words in ("Stolen card", place(world, "thaw")))
    una.post(place(world, "thaw"), {"reason": "It was theirs"})
    assert Organisation.objects.get(pk=world.acme.pk).frozen_at is None
    assert list(StaffAct.objects.order_by("id").values_list("act", flat=True)) == [
        "staff.roles_set", "organisation.frozen", "organisation.thawed",
    ]  # fmt: skip


@pytest.mark.parametrize("act", ["freeze", "thaw"])
def test_an_act_takes_its_right_and_its_reason(world: World, act: str) -> None:
    bare = User.objects.create_user("bare@nosana-web.example", is_staff=True)
    una = world.client(colleague("support"))
    assert world.client(bare).post(place(world, act), {"reason": "x"}).status_code == 403
    assert world.client(world.olga).post(place(world, act), {"reason": "x"}).status_code == 302
    assert una.get(f"/admin/organisation/{uuid.uuid4()}/{act}/").status_code == 404
    for wrong in ({}, {"reason": " "}, {"reason": "x" * 501}, {"reason": "\x00"}):
        assert una.post(place(world, act), wrong).status_code == 422
    assert not StaffAct.objects.filter(organisation_id=world.acme.pk).exists()


def test_the_staff_s_trail_stays_as_it_is(world: World) -> None:
    act = staff_act_write(staff_id=None, act="x.y", subject="x:1", now=timezone.now())
    for change in (lambda: StaffAct.objects.filter(pk=act.pk).update(reason="other"), act.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_roles_and_retries_leave_a_line(world: World) -> None:
    boss = User.objects.create_superuser("boss@nosana-web.example", "x")
    colleague("operator")
    for _ in range(2):
        world.client(boss).post("/admin/staff/", {"email": world.mia.email, "roles": ["support"]})
    given = StaffAct.objects.get(staff=boss)
    assert (given.subject, given.facts["after"]) == (f"user:{world.mia.pk}", ["support"])
    message = Message.objects.create(name="x.y", parked_at=timezone.now())
    for _ in range(2):
        message_retry(message_id=message.pk, staff_id=boss.pk, now=timezone.now())
    assert StaffAct.objects.filter(act="task.retried", staff=boss).count() == 1
    page = world.client(boss).get("/admin/core/staffact/").content.decode()
    assert "task.retried" in page


@pytest.mark.parametrize("nonsense", ["nonsense", "1", "\x00", "9" * 40, ""])
def test_an_act_on_no_row_at_all_is_one_sentence(world: World, nonsense: str) -> None:
    boss = world.client(User.objects.create_superuser("boss@nosana-web.example", "x"))
    for model in ("core/message", "bridge/order", "organisations/approval", "core/mail"):
        answer = boss.post(f"/admin/{model}/", {"action": "try_again", "_selected_action": nonsense}, follow=True)
        assert answer.status_code == 200
    assert world.client(world.olga).post("/admin/core/message/", {"_selected_action": "x"}).status_code == 302


def test_finance_changes_caps_limits_and_trials_from_the_glance(world: World) -> None:
    fay = world.client(colleague("finance"))
    page = fay.get(place(world)).content.decode()
    for act in ("cap", "limits", "trial", "resend"):
        assert place(world, act) in page
        assert fay.get(place(world, act)).status_code == 200
    cap = {"cap": "organisation::month", "credits": "12.5", "reason": "They asked"}
    limits = {
        "submission": str(uuid.uuid4()), "currency": "EUR", "once": "50", "day": "80.50", "week": "100",
        "until": f"{timezone.now():%Y}-12-31", "reason": "Known well",
    }  # fmt: skip
    trial = {"submission": str(uuid.uuid4()), "days": "10", "credits": "5", "reason": "Was ill"}
    for act, form in (("cap", cap), ("limits", limits), ("trial", trial)):
        for _ in range(2):
            assert fay.post(place(world, act), form)["Location"] == place(world), act
    assert Cap.objects.get().limit_micro == 12_500_000
    assert (Allowance.objects.get().day_minor, TrialExtension.objects.get().days) == (8_050, 10)
    told = [event.data["sentence"] for event in Event.objects.filter(type="support.changed").order_by("id")]
    assert (
        told[1] == "Our staff let you top up €50.00 at once, €80.50 within 24 hours and €100.00 within seven days."
    )
    page = fay.get(place(world)).content.decode()
    assert all(words in page for words in ("set a cap", "Known well", "made the trial longer", told[1]))
    nonsense = {"cap": "x", "credits": "-1", "once": "NaN", "days": "9" * 30, "until": "never", "what": "mail:1"}
    for act in ("cap", "limits", "trial", "resend"):
        assert fay.post(place(world, act), {**nonsense, "reason": "x"}).status_code == 422


def test_what_was_lost_is_sent_again_once(world: World) -> None:
    una = world.client(colleague("support"))
    mail = Mail.objects.create(key="k", to=world.olga.email, subject="Hello", text="x")
    Mail.objects.filter(pk=mail.pk).update(created_at=timezone.now() - timedelta(hours=1))
    Message.objects.create(
        name="core.mail_deliver", payload={"mail_id": mail.pk}, parked_at=timezone.now(), attempts=9
    )
    foreign = Mail.objects.create(key="f", to=world.xena.email, subject="Theirs", text="x")
    Mail.objects.filter(pk=foreign.pk).update(created_at=timezone.now() - timedelta(hours=1))
    delivery = delivery_of(world.acme)
    Delivery.objects.filter(pk=delivery.pk).update(state="dead")
    address = EmailAddress.objects.create(user=world.mia, email="mia@new.example", verified=False)
    page = una.get(place(world, "resend")).content.decode()
    assert ("Hello" in page, "Theirs" in page) == (True, False)
    things = (f"mail:{mail.pk}", f"delivery:{delivery.pk}", f"address:{address.pk}")
    for what in things:
        assert una.post(place(world, "resend"), {"what": what, "reason": "Asked"}).status_code == 302, what
    message = Message.objects.get(name="core.mail_deliver", payload__mail_id=mail.pk)
    assert (message.parked_at, message.attempts) == (None, 0)
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
    assert Mail.objects.filter(to="mia@new.example").count() == 1
    for what in (*things, f"mail:{foreign.pk}"):
        una.post(place(world, "resend"), {"what": what, "reason": "Asked"})
    acts = StaffAct.objects.filter(reason="Asked").order_by("id").values_list("act", flat=True)
    assert list(acts) == ["mail.resent", "delivery.resent", "address.proof_sent"]
    assert Mail.objects.filter(to="mia@new.example").count() == 1
