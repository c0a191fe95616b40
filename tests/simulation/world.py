"""A small world: a few organisations, a clock of its own, and what the world outside knows to be true."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from apps.billing.services import voucher_make, wallet_open
from apps.core import ids
from apps.ledger.models import Transfer
from apps.organisations.models import Membership, Organisation, Project
from apps.organisations.roles import Role
from apps.organisations.services import Actor
from apps.users.models import User

START = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)  # a few days before European clocks change
CREDIT = 1_000_000
VAT_IDS = ("DE136695976", "DE129273398", "")  # the last is a business without one
# All that money touches, and what is told of it. Organisations, people and the audit trail stay from world to world.
EMPTIED = ("ledger", "billing", "core", "notifications", "organisations_approval")


@dataclass
class Place:
    """An organisation as the acts need it."""

    organisation: Organisation
    owner: Membership
    member: Membership
    projects: list[Project]

    @property
    def actor(self) -> Actor:
        """Return its owner, as who acts."""
        return Actor(kind="person", user=self.owner.user)


@dataclass
class Payment:
    """What the payment provider knows of a top-up."""

    place: Place
    quote: Any
    credited: bool = False
    refunded_minor: int = 0
    fee_minor: int = 0
    disputed: bool = False


@dataclass
class Held:
    """What whoever runs jobs knows of one hold."""

    place: Place
    amount_micro: int
    placed: bool = False
    ended: str = ""
    bill: dict[str, int] = field(default_factory=dict)


@dataclass
class Operation:
    """An act with its arguments fixed but the time, so that it can be run again; `done` tells the world of it.

    `size` is how many facts it asks for: a batch counts as many operations as it holds.
    """

    name: str
    run: Callable[[datetime], Any]
    place: Place | None = None
    done: Callable[[Any], None] = lambda result: None
    size: int = 1


class World:
    """One seed's world. `chance` decides everything; `now` only goes on."""

    def __init__(self, seed: int, places: list[Place]) -> None:
        self.seed, self.places = seed, places
        self.chance = random.Random(seed)
        self.now = START + timedelta(minutes=self.chance.randrange(60 * 24 * 300))
        self.payments: dict[str, Payment] = {}
        self.paid: dict[str, int] = {}  # top-ups that certainly were credited: micro-NOS
        self.holds: dict[str, Held] = {}
        self.disputes: dict[str, str] = {}  # key: top-up
        self.dispute_funds: dict[str, tuple[str, int, int]] = {}  # balance transaction: currency, amount, fee
        self.refunds: dict[str, str] = {}  # key: top-up
        self.bounced: dict[str, tuple[str, str, int]] = {}  # the provider's refund: top-up, currency, amount
        self.repaid: dict[str, tuple[str, int]] = {}  # the same refund: currency, amount
        self.vat_returned: dict[str, tuple[str, int]] = {}  # top-up: currency, amount
        self.goodwill: dict[str, int] = {}  # given without a second person: micro-NOS
        self.staff = Actor(kind="staff", user=User.objects.get(email="staff@simulation.example"))
        self.funded: dict[str, int] = {}
        self.lost: dict[str, int] = {}
        self.codes: list[str] = []
        self.auto_topups: list[str] = []
        self.closed: list[str] = []  # digests that were published, day by day
        self.posted: list[str] = []
        self.undone: list[str] = []  # of what was posted, what somebody tried to reverse
        self.numbers = 0
        empty()
        own_ids(seed, self.now)
        for place in places:
            wallet_open(place.organisation.id)
        for number in range(2):
            self._voucher(number)

    def _voucher(self, number: int) -> None:
        code = f"WORLD{self.seed:010}{number}"
        voucher_make(
            staff_id=self.places[0].owner.user_id,
            micro=self.chance.randrange(1, 20) * CREDIT,
            limit=self.chance.randint(1, 2),
            expires_at=self.now + timedelta(days=40),
            credit_days=self.chance.choice([None, 3, 30]),
            reason="simulated",
            code=code,
            now=self.now,
        )
        self.codes.append(code)

    def vat_owed(self) -> dict[str, tuple[str, int]]:
        """Return the VAT that VIES made owed, by top-up: its currency and amount, whether it went back or not."""
        made = Transfer.objects.filter(reason="vat_confirmed").order_by("id").values_list("details", flat=True)
        return {told["topup_id"]: (told["currency"], told["vat_minor"]) for told in made}

    def name(self, kind: str) -> str:
        """Return a name that nothing else in the world has."""
        self.numbers += 1
        return f"{kind}:{self.seed}:{self.numbers}"

    def place(self) -> Place:
        """Return one of the organisations."""
        return self.chance.choice(self.places)

    def tick(self) -> None:
        """Let time go on: mostly seconds, sometimes hours, rarely weeks."""
        spans = ((0.90, 30), (0.97, 3 * 3600), (0.998, 2 * 86_400), (1.0, 20 * 86_400))
        drawn = self.chance.random()
        self.now += timedelta(seconds=self.chance.randrange(next(span for limit, span in spans if drawn <= limit)))


def empty() -> None:
    """Empty every table that money touches, and begin their ids anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(format('%%I', tablename), ', ') FROM pg_tables "
            "WHERE schemaname = current_schema() "
            "AND (tablename = ANY(%(of)s) OR split_part(tablename, '_', 1) = ANY(%(of)s))",
            {"of": list(EMPTIED)},
        )
        (tables,) = cursor.fetchone()
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def places_make() -> list[Place]:
    """Make three organisations, of which the first two have one owner, in an empty database."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE users_user, organisations_organisation RESTART IDENTITY CASCADE")
    own_ids(0, START)
    for name in ("staff", "colleague"):  # what one gives beyond the limit the other would approve
        User.objects.create_user(f"{name}@simulation.example", name="S", is_staff=True, is_superuser=True)
    people = [User.objects.create_user(f"person{number}@simulation.example", name="P") for number in range(3)]
    return [_place(number, people[number // 2], people[2]) for number in range(3)]


def _place(number: int, owner: User, other: User) -> Place:
    organisation = Organisation.objects.create(
        name=f"Organisation {number}",
        slug=f"organisation-{number}",
        country="DE",
        vat_id=VAT_IDS[number],
        time_zone=("Europe/Amsterdam", "America/New_York", "UTC")[number],
        finance_email=f"finance{number}@simulation.example",
    )
    return Place(
        organisation=organisation,
        owner=Membership.objects.create(organisation=organisation, user=owner, role=Role.OWNER),
        member=Membership.objects.create(organisation=organisation, user=other, role=Role.DEVELOPER),
        projects=[
            Project.objects.create(organisation=organisation, name=f"Project {p}", slug=f"project-{p}")
            for p in range(2)
        ],
    )


class _Clock:
    """Stands for the modules `time` and `os` where ids are made, so that ids are a world's own."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.milliseconds, self.chance = int(now.timestamp() * 1000), random.Random(seed)

    def time_ns(self) -> int:
        self.milliseconds += 1
        return self.milliseconds * 1_000_000

    def urandom(self, count: int) -> bytes:
        return self.chance.randbytes(count)


def own_ids(seed: int, now: datetime) -> None:
    """Let ids follow from the seed, since lots that came together are spent in the order of their ids."""
    ids.time = ids.os = _Clock(seed, now)  # type: ignore[attr-defined,assignment]
