"""Credits that expire: by posting, with a notice before, and also when they come back late."""

from datetime import timedelta

from apps.billing import chart
from apps.billing.models import Lot, LotTake
from apps.billing.selectors import movements, wallet
from apps.billing.services import expiry_notices, hold_release, hold_settle, lots_expire
from apps.core.models import Mail
from apps.ledger.selectors import balance
from tests.billing.money import CREDIT, NOW, grant, hold, left, topup
from tests.world import World

DAY = timedelta(days=1)


def test_what_remains_of_a_lot_expires_once(world: World) -> None:
    lot = grant(world.acme, 10, expires_at=NOW + DAY)
    grant(world.acme, 5, key="stays")
    assert lots_expire(now=NOW) == 0
    assert lots_expire(now=NOW + DAY) == 10 * CREDIT
    assert lots_expire(now=NOW + DAY) == 0
    assert wallet(world.acme.id).available_micro == 5 * CREDIT
    assert left(lot) == [0]
    assert balance(chart.PROMOTIONS) == -5 * CREDIT
    assert movements(world.acme)[0].sentence == "Promotional credits expired"


def test_paid_credits_that_expire_stay_the_platforms(world: World) -> None:
    topup(world.acme)
    Lot.objects.update(expires_at=NOW + DAY)
    lots_expire(now=NOW + DAY)
    assert balance(chart.EXPIRED) == 233_426_704
    assert balance(chart.FX_NOS) == -233_426_704


def test_held_credits_outlive_their_lot_and_what_comes_back_expires_at_once(world: World) -> None:
    lot = grant(world.acme, 10, expires_at=NOW + DAY)
    hold(world.acme, 4)
    hold(world.acme, 3, source="job:2:1")
    assert lots_expire(now=NOW + DAY) == 3 * CREDIT
    hold_settle(source="job:1:1", network_micro=CREDIT, platform_fee_micro=0, seconds=1, now=NOW + 2 * DAY)
    hold_release(source="job:2:1", reason="x", now=NOW + 2 * DAY)
    assert (wallet(world.acme.id).available_micro, left(lot)) == (0, [0])
    assert sum(take.amount_micro for take in LotTake.objects.all()) == 9 * CREDIT
    assert balance(chart.PROMOTIONS) == -CREDIT


def test_one_organisation_that_fails_stops_no_other(world: World) -> None:
    broken = grant(world.acme, 10, key="a", expires_at=NOW)
    fine = grant(world.other, 10, key="b", expires_at=NOW + DAY)
    # The lot says more than the books have: the posting is refused.
    Lot.objects.filter(id=broken.id).update(granted_micro=99 * CREDIT, remaining_micro=99 * CREDIT)
    assert lots_expire(now=NOW + DAY) == 10 * CREDIT
    assert left(fine) == [0]
    Lot.objects.filter(id=broken.id).update(granted_micro=10 * CREDIT, remaining_micro=10 * CREDIT)


def test_a_notice_goes_a_week_and_a_day_before_each_once(world: World) -> None:
    grant(world.acme, 10, expires_at=NOW + 30 * DAY)
    assert expiry_notices(now=NOW + 20 * DAY) == 0
    assert [expiry_notices(now=NOW + days * DAY) for days in (23, 24, 29, 29)] == [1, 0, 1, 0]
    mail = Mail.objects.first()
    assert mail is not None
    assert (mail.to, mail.subject) == ("olga@acme.example", "10.00 credits of Acme expire on 2 December 2026")
    assert "launch a job before then" in mail.text


def test_short_lived_credits_bring_no_week_notice_on_their_first_day(world: World) -> None:
    grant(world.acme, 10, expires_at=NOW + 7 * DAY)
    assert expiry_notices(now=NOW) == 0
    assert expiry_notices(now=NOW + 6 * DAY) == 1


def test_spent_lots_bring_no_notice(world: World) -> None:
    grant(world.acme, 10, expires_at=NOW + 30 * DAY)
    hold(world.acme, 10)
    assert expiry_notices(now=NOW + 24 * DAY) == 0
