"""An act that takes an approval, as an app above would have one: it makes a project, at a price of today."""

from datetime import datetime

from apps.core.errors import AppError
from apps.organisations.models import Approval, Project
from apps.organisations.services import ActImpossible, AsksAgain

PORT = "approvals.gift"
HERE = "tests.organisations.gifts.gift_make"


def gift_make(*, approval: Approval, now: datetime) -> str:
    """Make the gift, within what was approved; `facts` say what goes wrong on the way."""
    price, slug = approval.facts["price"], approval.facts["slug"]
    project = Project.objects.create(organisation_id=approval.organisation_id, name=slug, slug=slug)
    if approval.facts.get("never"):
        raise ActImpossible("The shop has closed.")
    if approval.facts.get("poor"):
        raise AppError("The balance is gone; top up first.")
    if approval.amount_micro is not None and price > approval.amount_micro:
        raise AsksAgain("The gift became dearer.", amount_micro=price, worst_case=f"It costs at most {price}.")
    return f"project:{project.pk}"
