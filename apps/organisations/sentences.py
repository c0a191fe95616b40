"""Words that are kept with requests for an approval: in English, said again by core.retelling."""

from django.utils.translation import gettext_noop as _

from apps.core.retelling import sentences_of

FOR, AMOUNT = _("For"), _("Amount")
CREDITS = _("%(credits)s credits")


def kept_sentences() -> list[str]:
    """Return every sentence that is kept here."""
    return sentences_of(globals())
