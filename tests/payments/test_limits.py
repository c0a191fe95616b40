"""What keeps stolen cards away: ceilings that grow with age and history, paces, and staff who let somebody further."""

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.billing.services import quote_create
from apps.core.errors import AppError, Denied, KeyReused
from apps.core.models import Mail
from apps.organisations.models import Approval, AuditEvent, Membership
from apps.organisations.services import Actor, approval_decide
from apps.payments.models import Allowance, Decline, TopUp
from apps.payments.selectors.limits import standing_of
from apps.payments.services import TopUpLimited, allowance_give, auto_top_up, topup_make
from apps.users.models import User
from tests.payments.automatic import Automatic
from tests.payments.topups import TopUps, handled

pytestmark = pytest.mark.django_db
NEW, KNOWN = 50_000, 200_000  # EUR ceilings of a day
DECLINED, GOOD = "4000000000000002", "4242424242424242"


def make(topups: TopUps, net_minor: int = 10_000, **more: Any) -> TopUp:
    facts = {"currency": "EUR", "now": timezone.now()} | more
    return topup_make(membership=topups.olga, net_minor=net_minor, **facts)


def paid_before(topups: TopUps, *, days: int, count: int = 1, net_minor: int = 10_000) -> None:
    """Let Acme have paid that long ago."""
    then = timezone.now() - timedelta(days=days)
    for _ in range(count):
        quote = quote_create(
            organisation=topups.world.acme, currency="EUR", net_minor=net_minor, now=timezone.now()
        )
        made = TopUp.objects.create(
            organisation=topups.world.acme,
            user=topups.world.olga,
            quote=quote,
            state="paid",
            paid_at=then,
            payment_intent=f"pi_{uuid.uuid4()}",
            stripe_session_id=f"cs_{uuid.uuid4()}",
            closed_at=then,
        )
        TopUp.objects.filter(pk=made.pk).update(created_at=then)


def day_limit(topups: TopUps) -> int | None:
    ceilings = standing_of(topups.world.acme.pk, "EUR", now=timezone.now()).ceilings
    return next((ceiling.limit_minor for ceiling in ceilings if ceiling.window == "day"), None)


def test_a_new_organisation_reads_its_ceiling_what_is_left_and_when_it_grows(topups: TopUps) -> None:
    make(topups, 30_000)
    with pytest.raises(TopUpLimited) as refused:
        make(topups, 30_000)
    assert refused.value.message == (
        "Acme may top up €500.00 within 24 hours for now, and €200.00 of that is left; it becomes €2,000.00 7 days"
        " after the first payment."
    )
    assert (refused.value.code, refused.value.status) == ("topup_ceiling", 403)
    assert refused.value.facts["left_minor"] == 20_000
    assert TopUp.objects.count() == 1


def test_the_sentence_names_the_day_once_it_is_known(topups: TopUps) -> None:
    paid_before(topups, days=2)
    with pytest.raises(TopUpLimited, match=r"it becomes €1,500\.00 on \d+ \w+ \d{4}\.$"):
        make(topups, 60_000)


def test_a_ceiling_is_told_only_where_a_longer_one_leaves_more(topups: TopUps) -> None:
    standing = standing_of(topups.world.acme.pk, "EUR", now=timezone.now())
    assert [(one.window, one.left_minor) for one in standing.ceilings] == [
        ("once", NEW),
        ("day", NEW),
        ("week", 2 * NEW),
    ]
    assert [one.window for one in standing.telling] == ["day", "week"]


@pytest.mark.parametrize(
    ("days", "count", "limit"),
    [(0, 0, NEW), (8, 1, KNOWN), (40, 1, KNOWN), (31, 2, 1_000_000), (91, 3, None)],
)
def test_ceilings_grow_with_age_and_history(topups: TopUps, days: int, count: int, limit: int | None) -> None:
    paid_before(topups, days=days, count=count)
    assert day_limit(topups) == limit


def test_what_a_bank_took_back_is_no_history(topups: TopUps) -> None:
    paid_before(topups, days=8)
    topup = TopUp.objects.get()
    topup.disputes.create(
        organisation=topup.organisation,
        dispute_id="dp_1",
        status="lost",
        amount_minor=1,
        currency="EUR",
        opened_at=timezone.now(),
    )
    assert day_limit(topups) == NEW


def test_what_ended_unpaid_counts_no_more_and_other_currencies_do(topups: TopUps) -> None:
    first = make(topups, 40_000)
    TopUp.objects.filter(pk=first.pk).update(state="expired", closed_at=timezone.now())
    make(topups, 48_000, currency="USD")
    with pytest.raises(TopUpLimited, match="€100.00 of that is left"):
        make(topups, 20_000)
    make(topups, 10_000)


def test_a_new_table_counts_from_its_day_on(topups: TopUps, settings: Settings) -> None:
    later = (timezone.now() + timedelta(days=1)).date().isoformat()
    settings.TOPUP_TIERS = [*settings.TOPUP_TIERS, {"since": later, "tiers": [{"days": 0, "paid": 0}]}]
    assert day_limit(topups) == NEW
    assert standing_of(topups.world.acme.pk, "EUR", now=timezone.now() + timedelta(days=2)).ceilings == ()


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_never_pass_the_ceiling_together(topups: TopUps) -> None:
    membership, start = topups.olga, threading.Barrier(10)
    answers: list[object] = []

    def ask() -> None:
        try:
            start.wait()
            made = topup_make(membership=membership, currency="EUR", net_minor=10_000, now=timezone.now())
            answers.append(made.pk)
        except TopUpLimited as refusal:
            answers.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers.count("topup_ceiling") == 5
    assert TopUp.objects.count() == 5


def decline(topup: TopUp, number: int, card: str = "card") -> None:
    Decline.objects.create(
        topup=topup, charge=f"ch_{topup.pk}_{number}", fingerprint=card, code="x", at=timezone.now()
    )


@pytest.mark.parametrize(("what", "same"), [("declines", True), ("cards", False)])
def test_card_after_card_is_stopped_and_the_moment_named(topups: TopUps, what: str, same: bool) -> None:
    topup = make(topups, 1_000)
    for number in range(5):
        decline(topup, number, "one" if same else f"card{number}")
    with pytest.raises(TopUpLimited, match="try again after") as refused:
        make(topups, 1_000)
    assert (refused.value.code, refused.value.facts["what"]) == ("topup_pace", "declines")
    Decline.objects.update(at=timezone.now() - timedelta(minutes=61))
    if what == "cards":
        with pytest.raises(TopUpLimited, match="different cards"):
            make(topups, 1_000)
    else:
        make(topups, 1_000)


def test_a_person_is_counted_in_all_their_organisations(topups: TopUps) -> None:
    topup = make(topups, 1_000)
    for number in range(5):
        decline(topup, number)
    TopUp.objects.filter(pk=topup.pk).update(organisation=topups.world.other)
    with pytest.raises(TopUpLimited) as refused:
        make(topups, 1_000)
    assert refused.value.facts["of"] == "person"


def test_an_address_is_counted_whoever_comes_from_it_unless_it_is_everybodys(topups: TopUps) -> None:
    topup = make(topups, 1_000, address="93.184.216.34")
    TopUp.objects.filter(pk=topup.pk).update(organisation=topups.world.other, user=topups.world.xena)
    for number in range(8):
        decline(topup, number, "one")
    with pytest.raises(TopUpLimited) as refused:
        make(topups, 1_000, address="93.184.216.34")
    assert refused.value.facts["of"] == "address"
    TopUp.objects.filter(pk=topup.pk).update(ip_address="10.0.0.1")
    make(topups, 1_000, address="10.0.0.1")


def test_top_ups_of_an_hour_are_counted(topups: TopUps) -> None:
    for _ in range(10):
        make(topups, 1_000)
    with pytest.raises(TopUpLimited, match="10 top-ups were begun"):
        make(topups, 1_000)


def test_a_declined_card_at_checkout_is_written_once(topups: TopUps) -> None:
    topup = topups.opened()
    topups.checkout.pay(topup.checkout_url, DECLINED)
    event = topups.checkout.events(topup.id)["payment_intent.payment_failed"]
    handled(event)
    handled(event | {"id": "evt_again"})
    row = Decline.objects.get()
    assert (row.topup_id, row.code, row.risk_level) == (topup.id, "generic_decline", "normal")
    assert row.fingerprint


def test_what_radar_says_of_a_payment_stays_with_its_top_up(credited: TopUp) -> None:
    assert (credited.risk_level, credited.risk_score, bool(credited.fingerprint)) == ("normal", 12, True)


def test_an_automatic_top_up_keeps_within_the_limits_and_says_so(automatic: Automatic) -> None:
    automatic.rule(amount_minor=40_000, month_cap_minor=400_000)
    make(automatic.topups, 20_000)
    assert auto_top_up(organisation_id=automatic.world.acme.pk, now=timezone.now()) is None
    assert not TopUp.objects.filter(automatic=True).exists()


def test_what_stops_an_automatic_top_up_is_told_to_each_in_their_language_and_on_its_page(
    automatic: Automatic,
) -> None:
    world = automatic.world
    User.objects.filter(pk=world.olga.pk).update(language="de")
    paid_before(automatic.topups, days=1, net_minor=20_000)
    automatic.rule(amount_minor=60_000, month_cap_minor=400_000)
    page = world.client(world.olga).get("/o/acme/billing/automatic/", headers={"Accept-Language": "en"})
    told = " ".join(page.content.decode().split())
    assert automatic.look() is None
    (mail,) = Mail.objects.filter(key__startswith="automatic:cap:")
    wanted = ("darf vorerst 500,00", "werden es 1.500,00", "schreiben Sie uns", "/o/acme/support/new/")
    assert [words for words in wanted if words not in mail.text] == []
    assert "may top up" not in mail.text
    assert "bucht die nächste nichts ab: Acme darf vorerst 500,00" in told


# --- staff ---


@pytest.fixture
def staff(topups: TopUps) -> tuple[User, User]:
    return (
        User.objects.create_superuser("sam@nosana-web.example", name="Sam"),
        User.objects.create_superuser("sue@nosana-web.example", name="Sue"),
    )


def give(topups: TopUps, sam: User, **changes: Any) -> Allowance:
    facts: dict[str, Any] = {
        "allowance_id": uuid.uuid4(),
        "organisation_id": topups.world.acme.pk,
        "currency": "EUR",
        "once_minor": 100_000,
        "day_minor": 300_000,
        "week_minor": 400_000,
        "until": None,
        "reason": "We know them",
        "actor": Actor(kind="staff", user=sam),
        "now": timezone.now(),
    }
    return allowance_give(**facts | changes)


def test_staff_raise_the_ceilings_with_a_reason_in_the_trail(topups: TopUps, staff: tuple[User, User]) -> None:
    topup = make(topups, 50_000)
    for number in range(5):
        decline(topup, number)
    give(topups, staff[0])
    assert day_limit(topups) == 300_000
    make(topups, 100_000)  # what was tried before counts no more
    event = AuditEvent.objects.get(act="allowance.given")
    assert event.organisation_id == topups.world.acme.pk
    assert event.actor_kind == "staff"


def test_an_allowance_ends_when_it_says(topups: TopUps, staff: tuple[User, User]) -> None:
    give(topups, staff[0], until=timezone.now() + timedelta(hours=1))
    later = timezone.now() + timedelta(hours=2)
    assert standing_of(topups.world.acme.pk, "EUR", now=later).ceilings[1].limit_minor == NEW


def test_above_the_limit_of_one_person_a_colleague_approves(topups: TopUps, staff: tuple[User, User]) -> None:
    sam, sue = staff
    given = give(topups, sam, day_minor=600_000, week_minor=900_000)
    assert given.granted_at is None
    assert day_limit(topups) == NEW
    approval = Approval.objects.get(kind="allowance")
    with pytest.raises(Denied):
        approval_decide(
            approval_id=approval.pk, approve=True, actor=Actor.person(sam), staff=sam, now=timezone.now()
        )
    approval_decide(
        approval_id=approval.pk, approve=True, actor=Actor(kind="staff", user=sue), staff=sue, now=timezone.now()
    )
    assert day_limit(topups) == 600_000


@pytest.mark.parametrize(
    "changes",
    [{"reason": " "}, {"once_minor": 0}, {"day_minor": 99_999}, {"week_minor": 1}, {"currency": "XXX"}],
)
def test_nonsense_is_refused_and_nothing_changes(
    topups: TopUps, staff: tuple[User, User], changes: dict[str, Any]
) -> None:
    with pytest.raises(AppError):
        give(topups, staff[0], **changes)
    assert not Allowance.objects.exists()


def test_the_same_allowance_twice_is_one(topups: TopUps, staff: tuple[User, User]) -> None:
    with CaptureQueriesContext(connection) as asked:
        first = give(topups, staff[0])
    assert [one for one in asked if " FOR UPDATE" in one["sql"]] == []  # rows that name the organisation may come
    again = {"allowance_id": first.pk}
    assert give(topups, staff[0], **again) == first
    with pytest.raises(KeyReused):
        give(topups, staff[0], reason="Another", **again)
    assert AuditEvent.objects.filter(act="allowance.given").count() == 1


def test_nobody_else_sets_limits(topups: TopUps) -> None:
    helper = User.objects.create_user("helper@nosana-web.example", is_staff=True)
    for person in (helper, topups.world.olga):
        with pytest.raises(Denied):
            give(topups, person)


def test_the_page_says_what_is_left_and_offers_no_button_beyond_it(
    topups: TopUps, django_assert_max_num_queries: Any
) -> None:
    client = topups.world.client(topups.world.olga)
    page = client.get("/o/acme/billing/top-up/", {"amount": "600", "currency": "EUR"}).content.decode()
    assert "may top up €500.00 at once for now" in page
    assert "Pay €" not in page
    assert "From €10.00 to €500.00 before VAT." in page
    assert ('value="500"' in page, 'value="1000"' in page) == (True, False)
    assert Membership.objects.filter(organisation=topups.world.acme).exists()


def test_the_admin_form_gives_an_allowance(topups: TopUps, staff: tuple[User, User]) -> None:
    client = topups.world.client(staff[0])
    form = {
        "organisation": topups.world.acme.pk,
        "currency": "EUR",
        "once_minor": 60_000,
        "day_minor": 60_000,
        "week_minor": 60_000,
        "until_0": "",
        "until_1": "",
        "reason": "Known from before",
        "submission": uuid.uuid4(),
    }
    answer = client.post("/admin/payments/allowance/add/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert Allowance.objects.get().granted_at is not None
    assert client.get("/admin/payments/allowance/").status_code == 200
    assert client.get("/admin/payments/decline/").status_code == 200
