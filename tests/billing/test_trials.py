"""Trial credits: once for an organisation, and once for a company."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from apps.billing.models import Lot
from apps.billing.services import trial_grant
from apps.billing.services.trials import trial_claim
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.billing.money import CREDIT, NOW
from tests.world import World, organisation_make


@pytest.fixture(autouse=True)
def _trial(settings: Any) -> None:
    settings.TRIAL_CREDITS, settings.TRIAL_DAYS = 5, 30


def founded(email: str, *, verified: bool = True) -> Organisation:
    """Return the new organisation of a person with that address."""
    user, _ = User.objects.get_or_create(email=email)
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": verified, "primary": True})
    return organisation_make(user, f"New {Organisation.objects.count()}")


def given(organisation: Organisation) -> bool:
    return trial_grant(organisation_id=organisation.id, now=NOW) is not None


def test_a_new_organisation_gets_its_trial_by_itself(db: None, drain: Callable[[], int]) -> None:
    organisation = founded("ann@new.example")
    drain()
    lot = Lot.objects.get(organisation=organisation)
    assert (lot.kind, lot.remaining_micro) == ("promotional", 5 * CREDIT)
    assert lot.expires_at is not None
    assert lot.expires_at - lot.created_at == timedelta(days=30)


def test_a_trial_is_given_once_to_an_organisation(db: None) -> None:
    organisation = founded("ann@new.example")
    assert trial_grant(organisation_id=organisation.id, now=NOW) == trial_grant(
        organisation_id=organisation.id, now=NOW + timedelta(days=90)
    )
    assert Lot.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("ann@new.example", "ben@new.example", False),  # one company
        ("ann@new.example", "ann@new.example", False),
        ("ann@gmail.com", "ben@gmail.com", True),  # anybody has a mailbox there
        ("a.nn+one@gmail.com", "ann@googlemail.com", False),  # one mailbox
        ("ann+1@gmx.de", "ann+2@gmx.de", False),
    ],
)
def test_a_company_or_a_mailbox_gets_one_trial(db: None, first: str, second: str, both: bool) -> None:
    assert given(founded(first))
    assert given(founded(second)) is both


def test_without_a_verified_address_or_an_amount_there_is_no_trial(settings: Any, world: World) -> None:
    assert not given(world.acme)
    assert not given(founded("ann@new.example", verified=False))
    settings.TRIAL_CREDITS = 0
    assert not given(founded("ben@other.example"))
    assert not Lot.objects.exists()


def test_claims_are_by_domain_or_by_mailbox() -> None:
    assert trial_claim("Ann@Acme.Example") == "domain:acme.example"
    assert trial_claim("A.n.n+x@GoogleMail.com") == "mailbox:ann@gmail.com"
    assert trial_claim("a.nn@proton.me") == "mailbox:a.nn@proton.me"
