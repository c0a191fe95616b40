"""Which terms an organisation has accepted."""

from django.conf import settings

from apps.organisations.models import Organisation, TermsAcceptance


def terms_acceptance(organisation: Organisation) -> TermsAcceptance | None:
    """Return the acceptance of the terms in force, with the person, if there is one."""
    rows = organisation.terms_acceptances.select_related("user")
    return rows.filter(version=settings.TERMS_VERSION).first()
