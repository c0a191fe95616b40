"""Questions about how an organisation's people sign in."""

from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.organisations.models import Domain, Organisation, Provider


def domains_of(organisation: Organisation) -> list[Domain]:
    """Return the organisation's domains, by name."""
    return list(organisation.domains.order_by("name"))


def domain_get(organisation: Organisation, domain_id: UUID, *, lock: bool = False) -> Domain:
    """Return one of the organisation's domains. Raises NotFound."""
    rows = organisation.domains.select_for_update() if lock else organisation.domains.all()
    found = rows.filter(pk=domain_id).first()
    if found is None:
        raise NotFound(
            _("There is no such domain in this organisation; the list may have changed, load it again.")
        )
    return found


def provider_of(organisation: Organisation) -> Provider | None:
    """Return the organisation's own sign-in, if it has one."""
    return Provider.objects.filter(organisation=organisation).first()


def provider_for(*, email: str = "", slug: str = "") -> Provider | None:
    """Return the sign-in that speaks for the address's domain, or for the organisation of that name."""
    rows = Provider.objects.select_related("organisation")
    if slug:
        return rows.filter(organisation__slug=slug).first()
    name = email.rpartition("@")[2].strip().lower()
    return rows.filter(organisation__domains__name=name, organisation__domains__verified_at__isnull=False).first()
