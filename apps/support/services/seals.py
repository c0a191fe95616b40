"""After a new DJANGO_SECRET_KEY: everything sealed is sealed with it, so that the old one may go."""

from apps.core.mail import mails_renew
from apps.core.seals import Renewed
from apps.notifications.services.endpoints import endpoints_renew
from apps.organisations.services.sign_in.providers import providers_renew
from apps.users.services import factors_renew


def seals_renew_all() -> dict[str, Renewed]:
    """Seal anew what each app keeps sealed; works beside a running platform, and a repeat finds nothing to do."""
    return {
        "mails": mails_renew(),
        "second factors": factors_renew(),
        "sign-ins of organisations": providers_renew(),
        "webhooks and chats": endpoints_renew(),
    }
