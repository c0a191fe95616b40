"""Notices: who reads which, what is unread, and the pages and the bell that show them."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.core.errors import NotFound
from apps.core.models import Message
from apps.core.queue import TASKS
from apps.jobs.events import OTHERS
from apps.notifications.models import Event, NoticeRead, Reader
from apps.notifications.selectors import notices_page, notices_unread, reader_of
from apps.notifications.services import (
    approval_tell,
    events_forget,
    keys_expiring_tell,
    notice_read,
    notices_read_all,
)
from apps.notifications.types import event_types, notice_kinds
from apps.notifications.words import notice_path, notice_words
from apps.organisations.models import Approval, Grant, Membership
from apps.organisations.roles import Role
from apps.organisations.services import Actor, invitation_accept
from apps.users.models import User
from tests.notifications.notices import SETTLED, notice_make, notice_of
from tests.organisations.keys import grant, key_make, limit
from tests.organisations.people import invitation_token, invited
from tests.world import World

pytestmark = pytest.mark.django_db
PAGE = "/o/acme/notices/"


def titles(user: User, **narrow: object) -> list[str]:
    found = grant(user)
    return [one.title for one in notices_page(found, reader=reader_of(found), now=timezone.now(), **narrow)]  # type: ignore[arg-type]


def unread(user: User) -> int:
    return notices_unread(grant(user), now=timezone.now())


def test_a_notice_reaches_those_whose_role_may_read_it(world: World) -> None:
    notice_make(world.acme, "balance.low")
    assert titles(world.olga) == titles(world.bea) == ["Credits run low: 4.75 are left"]
    assert titles(world.mia) == titles(world.victor) == titles(world.xena) == []


def test_a_notice_for_one_person_reaches_nobody_else(world: World) -> None:
    notice_make(world.acme, "job.settled", data=SETTLED, person_id=world.mia.pk, project_id=world.project.pk)
    assert titles(world.mia) == ["“Nightly” ended and cost 1.25 credits"]
    assert titles(world.olga) == []
    limit(world.mia)
    assert titles(world.mia) == []


def test_a_member_limited_to_projects_reads_those_of_their_projects(world: World) -> None:
    other = world.acme.projects.create(name="Other", slug="other")
    limit(world.mia, other=Role.DEVELOPER)
    notice_make(world.acme, "job.settled", data=SETTLED, project_id=world.project.pk)
    assert titles(world.mia) == []
    notice_make(world.acme, "job.settled", data={**SETTLED, "name": "Ours"}, project_id=other.pk)
    assert titles(world.mia) == ["“Ours” ended and cost 1.25 credits"]


def test_every_kind_reads_well_with_its_example_and_leads_to_a_page(world: World) -> None:
    assert {kind.name for kind in OTHERS} < set(notice_kinds()) < set(event_types())
    for name, type in event_types().items():
        if type.notice is None:
            continue
        event = Event(type=name, data=dict(type.example), organisation=world.acme)
        title, text = notice_words(event)
        assert title
        assert "{" not in title + text
        assert not title.endswith(" ")
        assert notice_path(event, "acme") != PAGE, name


def test_data_that_lacks_a_value_still_shows(world: World) -> None:
    notice_make(world.acme, "dispute.opened", data={})
    page = world.client(world.olga).get(PAGE)
    assert "A payment is disputed" in page.content.decode()


def test_what_is_read_counts_no_more_and_a_repeat_changes_nothing(world: World) -> None:
    first, _ = notice_make(world.acme), notice_make(world.acme)
    for _again in range(2):
        notice_read(grant=grant(world.olga), notice_id=first.pk, now=timezone.now())
    assert (unread(world.olga), unread(world.bea)) == (1, 2)
    assert NoticeRead.objects.count() == 1
    assert [len(titles(world.olga, unread=flag)) for flag in (True, False)] == [1, 2]


def test_all_read_stays_read_and_what_comes_late_is_unread(world: World) -> None:
    now = timezone.now()
    for age in (0, 1, 5, 600):
        notice_make(world.acme, at=now + timedelta(seconds=1) - timedelta(seconds=age))
    Membership.objects.update(created_at=now - timedelta(days=1))
    notices_read_all(grant=grant(world.olga), now=now + timedelta(seconds=2))
    assert unread(world.olga) == 0
    assert NoticeRead.objects.count() == 3  # the young ones, one by one
    notice_make(world.acme, at=now)  # of a transaction that was open meanwhile
    assert (unread(world.olga), unread(world.bea)) == (1, 5)
    notices_read_all(grant=grant(world.olga), now=now + timedelta(minutes=10))
    assert (unread(world.olga), NoticeRead.objects.count(), Reader.objects.count()) == (0, 0, 1)


def test_who_joins_later_has_nothing_unread_of_before(world: World) -> None:
    notice_make(world.acme, at=timezone.now() - timedelta(hours=1))
    assert unread(world.bea) == 0
    assert len(titles(world.bea)) == 1


def test_notices_are_kept_for_ninety_days_and_events_for_thirty(world: World) -> None:
    now = timezone.now()
    for type in ("balance.low", "credits.test"):
        for age in (100, 40, 1):
            Event.objects.create(
                organisation=world.acme,
                type=type,
                subject=f"thing:{type}",
                sequence=200 - age,
                key=f"{type}:{age}",
                data={},
                at=now - timedelta(days=age),
                audience="billing.view" if type == "balance.low" else "",
            )
    assert events_forget(now=now) == 3
    assert sorted(Event.objects.values_list("key", flat=True)) == [
        "balance.low:1",
        "balance.low:40",
        "credits.test:1",
    ]


def test_the_list_shows_narrows_and_pages(world: World) -> None:
    for number in range(60):
        notice_make(world.acme, "credits.added", data={"credits_micro": number * 1_000_000})
    notice_make(world.acme)
    olga = world.client(world.olga)
    page = olga.get(PAGE).content.decode()
    assert "Credits run low" in page
    assert page.count("<time") == 50
    second = page.split("?before=")[1].split('"')[0]
    assert olga.get(f"{PAGE}?before={second}").content.decode().count("<time") == 11
    assert olga.get(f"{PAGE}?kind=balance.low&unread=1").content.decode().count("<time") == 1
    assert "None fits" in olga.get(f"{PAGE}?kind=dispute.lost").content.decode()
    assert olga.get(f"{PAGE}?kind=nonsense").content.decode().count("<time") == 50
    assert olga.get(f"{PAGE}?before=soon").status_code == 400
    assert "Nothing happened yet" in world.client(world.victor).get(PAGE).content.decode()


def test_opening_a_notice_reads_it_and_leads_on(world: World) -> None:
    notice = notice_make(world.acme)
    olga = world.client(world.olga)
    assert "1" in olga.get(f"{PAGE}bell/").content.decode().split("count")[1]
    assert olga.get(f"{PAGE}{notice.pk}/").headers["Location"] == "/o/acme/billing/credits/"
    assert "count" not in olga.get(f"{PAGE}bell/").content.decode()
    other = notice_make(world.acme)
    assert olga.post(f"{PAGE}{other.pk}/read/").headers["Location"] == PAGE
    olga.post(f"{PAGE}read/")
    assert unread(world.olga) == 0


def test_nobody_marks_what_they_may_not_read(world: World) -> None:
    notice = notice_make(world.acme)
    assert world.client(world.mia).post(f"{PAGE}{notice.pk}/read/").status_code == 404
    assert world.client(world.xena).post(f"{PAGE}{notice.pk}/read/").status_code == 404
    assert world.client(world.olga).post(f"{PAGE}{uuid.uuid4()}/read/").status_code == 404
    with pytest.raises(NotFound):
        notice_read(grant=grant(world.victor), notice_id="nonsense", now=timezone.now())
    assert not NoticeRead.objects.exists()


def test_a_hundred_and_more_are_told_as_such(world: World) -> None:
    for _ in range(103):
        notice_make(world.acme)
    assert "99+" in world.client(world.olga).get(f"{PAGE}bell/").content.decode()


def test_list_and_bell_cost_the_same_however_much_there_is(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    olga = world.client(world.olga)
    notice_make(world.acme)
    olga.get(PAGE)
    for more in (0, 30):
        for _ in range(more):
            notice_make(world.acme, "job.settled", data=SETTLED, person_id=world.olga.pk)
        with django_assert_num_queries(9):
            olga.get(PAGE)
        with django_assert_num_queries(5):
            olga.get(f"{PAGE}bell/")


def test_a_service_key_reads_what_is_for_several(world: World) -> None:
    notice_make(world.acme)
    notice_make(world.acme, "job.settled", data=SETTLED, person_id=world.olga.pk)
    key = key_make(world.olga, "organisation.view", "billing.view", kind="service").key
    found = notices_page(Grant.of_key(key), reader=None, now=timezone.now())
    assert [one.event.type for one in found] == ["balance.low"]


def approval_open(world: World, **changes: object) -> Approval:
    now = timezone.now()
    given = {"kind": "job", "subject": "job:1", "worst_case": "It costs 9 credits.", "requester": world.mia}
    given |= {"created_at": now, "deadline": now + timedelta(days=1), "organisation": world.acme}
    return Approval.objects.create(**(given | changes))


def test_an_approval_is_told_to_those_who_decide_and_its_end_to_who_asked(world: World) -> None:
    approval, now = approval_open(world), timezone.now()
    for _ in range(2):
        approval_tell(approval_id=approval.pk, state="open", round=1, now=now)
        approval_tell(approval_id=approval.pk, state="denied", round=1, now=now)
    assert titles(world.adam) == ["Mia asks for an approval: Launch a job"]
    assert titles(world.mia) == ["Your request “Launch a job” was denied"]
    assert sorted(Event.objects.get(type="approval.asked").mailed) == ["adam@acme.example", "olga@acme.example"]
    assert approval_tell(approval_id=uuid.uuid4(), state="open", round=1, now=now) is None


def test_what_staff_decide_is_asked_of_nobody_here(world: World) -> None:
    approval_tell(approval_id=approval_open(world, kind="refund").pk, state="open", round=1, now=timezone.now())
    assert not Event.objects.exists()


def test_who_invited_hears_who_joined(world: World) -> None:
    invitation = invited(world.adam, "xena@acme.example", "viewer")
    world.xena.emailaddress_set.update_or_create(
        email=world.xena.email, defaults={"verified": True, "primary": True}
    )
    invitation_accept(
        token=invitation_token(invitation), user=world.xena, actor=Actor.person(world.xena), now=timezone.now()
    )
    message = Message.objects.get(name="notifications.invitation_tell")
    for _ in range(2):
        TASKS[message.name].run(**message.payload)
    assert titles(world.adam) == ["Xena joined as viewer"]
    assert titles(world.olga) == []


def test_a_key_near_its_end_is_told_of_twice_at_most(world: World) -> None:
    now = timezone.now()
    key_make(world.mia, expires_at=now + timedelta(days=30), name="Laptop")
    key_make(world.olga, "billing.view", expires_at=now + timedelta(days=30), name="CI", kind="service")
    key_make(world.mia, expires_at=now + timedelta(hours=30), name="Short")
    days = (0, 23.5, 24, 29.5, 29.6, 31)
    assert [keys_expiring_tell(now=now + timedelta(days=day)) for day in days] == [0, 2, 0, 2, 0, 0]
    assert {one.split("”")[0] for one in titles(world.mia)} == {"Your API key “Laptop"}
    assert {one.split("”")[0] for one in titles(world.adam)} == {"The service key “CI"}


def test_a_notice_of_another_organisation_is_nowhere(world: World) -> None:
    notice = notice_of(world.other)
    assert titles(world.olga) == []
    assert world.client(world.olga).get(f"{PAGE}{notice.pk}/").status_code == 404
