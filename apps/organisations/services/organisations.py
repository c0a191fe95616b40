"""Acts that write organisations."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import available_timezones

from babel.core import get_global
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Conflict
from apps.core.money import CURRENCIES
from apps.core.wiring import announce
from apps.organisations.models import Grant, Membership, Organisation, Project
from apps.organisations.roles import Permission, Role
from apps.organisations.services.audit import Actor, audit_record
from apps.organisations.services.people import acting_lock
from apps.organisations.vat_ids import vat_id_compact
from apps.users.models import User

DETAILS = ("name", "legal_name", "address", "country", "vat_id", "finance_email", "currency", "time_zone")
# Countries of several zones, most of whose people keep one of them.
CAPITAL_ZONES = {
    "CL": "America/Santiago", "CN": "Asia/Shanghai", "CY": "Asia/Nicosia", "DE": "Europe/Berlin",
    "EC": "America/Guayaquil", "ES": "Europe/Madrid", "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon", "UA": "Europe/Kyiv",
}  # fmt: skip
OWNED_MOST = 50  # live organisations of one owner
RESERVED_SLUGS = {"new", "admin", "api", "static", "accounts", "webhooks"}


def organisation_create(
    *,
    user: User,
    name: str,
    actor: Actor,
    now: datetime,
    country: str = "NL",
    currency: str = "EUR",
    vat_id: str = "",
    finance_email: str = "",
    address: str = "",
    time_zone: str = "UTC",
) -> Organisation:
    """Create an organisation with the person as its owner and one project, “default”; open its accounts.

    One of this name that the person owns already is returned as it is, so that a second press makes no second one.
    Raises AppError for a name without letters or digits, VatIdInvalid for a VAT id that is none of the country's,
    Conflict for a person who owns OWNED_MOST.
    """
    base = slug_from(name)
    if not base:
        raise AppError(
            _("The name needs at least one letter or digit."),
            code="name_empty",
            fields={"name": [_("Give it a name.")]},
        )
    with transaction.atomic():
        again = _owned_already(user, name.strip())
        if again is not None:
            return again
        organisation = _with_free_slug(
            base,
            name=name.strip(),
            legal_name=name.strip(),
            country=country,
            currency=currency,
            vat_id=vat_id_compact(vat_id, country),
            finance_email=finance_email or user.email,
            address=address.strip(),
            time_zone=time_zone,
        )
        Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
        Project.objects.create(organisation=organisation, name="Default", slug="default")
        audit_record(
            organisation_id=organisation.pk,
            actor=actor,
            act="organisation.created",
            subject=f"organisation:{organisation.pk}",
            after={
                "slug": organisation.slug,
                **{field: getattr(organisation, field) for field in DETAILS},
            },
            now=now,
        )
        announce("organisations.created", organisation_id=str(organisation.id))
    return organisation


def organisation_update(
    *, membership: Membership | Grant, details: Mapping[str, str], actor: Actor, now: datetime
) -> Organisation:
    """Change the organisation's name and the details its invoices show; issued invoices stay as they are.

    `details` may hold name, legal_name, address, country, vat_id, finance_email, currency (of new top-ups) and
    time_zone (an IANA name; of new statements); the slug never changes. Raises Denied for a role that may not, and
    AppError for an empty name, an unknown currency or time zone, and a VAT id that is none of the country's.
    """
    membership.require(Permission.ORGANISATION_EDIT)
    changed = {field: details[field].strip() for field in DETAILS if field in details}
    _details_check(changed)
    with transaction.atomic():
        organisation = acting_lock(acting=membership, permission=Permission.ORGANISATION_EDIT)
        details_write(organisation, changed, act="organisation.updated", actor=actor, now=now)
    return organisation


def details_write(
    organisation: Organisation, wanted: Mapping[str, str], *, act: str, actor: Actor, now: datetime
) -> bool:
    """Write details of a locked organisation, with a line in its trail; return whether any of them changed.

    Raises VatIdInvalid for a VAT id that is none of the country's.
    """
    after = dict(wanted)
    if after.keys() & {"vat_id", "country"}:
        country = after.get("country", organisation.country)
        after["vat_id"] = vat_id_compact(after.get("vat_id", organisation.vat_id), country)
    before = {field: getattr(organisation, field) for field in after}
    if before == after:
        return False
    for field, value in after.items():
        setattr(organisation, field, value)
    organisation.save(update_fields=list(after))
    audit_record(
        organisation_id=organisation.pk,
        actor=actor,
        act=act,
        subject=f"organisation:{organisation.pk}",
        before=before,
        after=after,
        now=now,
    )
    return True


def time_zones() -> list[str]:
    """Return the names of every time zone an organisation may keep, sorted."""
    return sorted(name for name in available_timezones() if not name.startswith(("Etc/", "SystemV/", "US/")))


def time_zone_of(country: str) -> str:
    """Return the time zone that most of a country keeps, or UTC where none is ("US") or none is known."""
    if country in CAPITAL_ZONES:
        return CAPITAL_ZONES[country]
    found = get_global("territory_zones").get(country, [])
    return str(found[0]) if len(found) == 1 and found[0] in available_timezones() else "UTC"


def _details_check(changed: Mapping[str, str]) -> None:
    wrong: dict[str, str] = {}
    if not slug_from(changed.get("name", "x")):
        wrong["name"] = _("The name needs at least one letter or digit.")
    if changed.get("currency", CURRENCIES[0]) not in CURRENCIES:
        wrong["currency"] = _("Top-ups are in %(currencies)s; choose one of them.") % {
            "currencies": ", ".join(CURRENCIES)
        }
    if changed.get("time_zone", "UTC") not in available_timezones():
        wrong["time_zone"] = _("There is no such time zone; choose one from the list, such as Europe/Amsterdam.")
    for field, sentence in wrong.items():
        raise AppError(sentence, code=f"{field}_invalid", fields={field: [sentence]})


def slug_from(name: str) -> str:
    """Return the name as it stands in an address: ASCII letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48]


def _owned_already(user: User, name: str) -> Organisation | None:
    """Lock the person, and return the live organisation of this name that they own. Raises Conflict at the limit."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    owned = Organisation.objects.filter(memberships__user=user, memberships__role=Role.OWNER, closed_at=None)
    again = owned.filter(name=name).order_by("created_at").first()
    if again is None and owned.count() >= OWNED_MOST:
        raise Conflict(
            _("You own %(most)s organisations, the most that one person may; close one, or hand one over.")
            % {"most": OWNED_MOST},
            code="organisations_too_many",
        )
    return again


def _with_free_slug(base: str, **fields: str) -> Organisation:
    for number in range(1, 1000):
        slug = base if number == 1 else f"{base}-{number}"
        if slug in RESERVED_SLUGS or Organisation.objects.filter(slug=slug).exists():
            continue
        try:
            with transaction.atomic():
                return Organisation.objects.create(slug=slug, **fields)
        except IntegrityError:  # another request took it between the look and the write
            continue
    raise AppError(_("Too many organisations have this name; choose another."), code="name_taken")
