"""What the customer reads about a refund: that it is on its way, or that the bank sent it back."""

from django.conf import settings

from apps.billing.selectors.documents import finance_address
from apps.core.mail import mail_write
from apps.organisations.selectors import mail_language
from apps.payments.models import Refund

State = Refund.State


def refund_mail(refund: Refund) -> None:
    """Mail the finance address once when money is on its way, and once if it came back."""
    if refund.state == State.FAILED and not refund.bounced:
        return  # nothing had left: staff see why, and the customer was promised nothing yet
    organisation = refund.organisation
    address = finance_address(organisation)
    mail_write(
        key=f"refund:{refund.id}:{'bounced' if refund.state == State.FAILED else 'sent'}",
        to=address,
        language=mail_language(organisation, address),
        template="refund",
        context={
            "organisation": organisation,
            "refund": refund,
            "seller": settings.SELLER,
            "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/refunds/",
            "platform": settings.PLATFORM_NAME,
        },
    )
