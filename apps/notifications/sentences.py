"""What notices and endpoints keep in words: patterns in English, said again by core.retelling."""

from django.utils.translation import gettext_noop as _

from apps.core.outbound import NO_ANSWER
from apps.core.retelling import sentences_of

OF_ENDPOINTS = (NO_ANSWER,)  # why an endpoint took nothing
REDIRECTED = _("A redirect is not followed; give the address it leads to.")
NOT_WRITTEN = _("We could not write this message; we look into it.")
A_KEY = _("A key")
OFF_SILENT = _("It took nothing for %(days)s days.")
OFF_GONE = _("It answered %(answer)s.")
OFF_BY_HAND = _("Turned off by hand.")
APPROVED = _("approved")
DENIED = _("denied")
EXPIRED = _("not decided in time")
FAILED = _("approved, but can no longer be done")
THE_PLATFORM = _("the platform")
# what was changed about an organisation's sign-in, by the act of the trail
SIGN_IN = {
    "sign_in.policy_set": _("what a sign-in needs"),
    "sign_in.provider_set": _("your own sign-in"),
    "sign_in.provider_removed": _("your own sign-in was removed"),
    "domain.join_set": _("who joins by a domain"),
}
# what approvals and roles are called, as notices keep it
KINDS = (_("Launch a job"), _("Raise a cap"), _("Refund"), _("Goodwill credits"))
ROLES = (_("owner"), _("admin"), _("billing"), _("developer"), _("viewer"))


def kept_sentences() -> list[str]:
    """Return every sentence that is kept here."""
    return sentences_of(globals())
