"""What a person reads by e-mail about a top-up whose money takes days."""

from django.conf import settings
from django.urls import reverse

from apps.core.mail import mail_write
from apps.payments.methods import method_named
from apps.payments.models import TopUp


def topup_path(topup: TopUp) -> str:
    """Return the address of the top-up's page on this platform."""
    return reverse("payments:topup_detail", args=[topup.organisation.slug, topup.id])


def staff_mail(topup: TopUp) -> None:
    """Tell staff once that a payment waits for one of them."""
    mail_write(
        key=f"topup:{topup.id}:held:staff",
        to=settings.STAFF_EMAIL,
        template="topup_held_staff",
        context={
            "organisation": topup.organisation,
            "topup": topup,
            "price": topup.price,
            "url": f"{settings.BASE_URL}{reverse('admin:payments_topup_changelist')}?state__exact=held",
            "platform": settings.PLATFORM_NAME,
        },
    )


def topup_mail(topup: TopUp, template: str) -> None:
    """Tell who paid what became of the top-up, once per template."""
    mail_write(
        key=f"topup:{topup.id}:{template}",
        to=topup.user.email,
        template=template,
        language=topup.user.language,
        context={
            "organisation": topup.organisation,
            "topup": topup,
            "price": topup.price,
            "method": method_named(topup.method),
            "url": settings.BASE_URL + topup_path(topup),
            "platform": settings.PLATFORM_NAME,
        },
    )
