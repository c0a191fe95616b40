"""VAT ids: their compact form, and whether their length and check digits are right."""

from django.utils.translation import gettext as _
from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat

from apps.core.errors import AppError

PREFIXES = {"GR": "EL"}  # where a VAT id starts with something else than the country's code


class VatIdInvalid(AppError):
    """The VAT id is none of the country's: its prefix, length or check digit is wrong."""

    code = "vat_id_invalid"
    status = 422

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fields={"vat_id": [sentence]})


def vat_id_compact(vat_id: str, country: str) -> str:
    """Return the VAT id of a country (ISO 3166 code) in its compact form, or "" for none. Raises VatIdInvalid."""
    vat_id = "".join(vat_id.split()).upper().replace(".", "").replace("-", "")
    if not vat_id:
        return ""
    prefix = PREFIXES.get(country, country)
    if country.lower() in eu_vat.MEMBER_STATES:
        if not vat_id.startswith(prefix):
            raise VatIdInvalid(
                _("A VAT id of this country starts with %(prefix)s; write it with that prefix.")
                % {"prefix": prefix}
            )
        if not eu_vat.is_valid(vat_id):
            raise VatIdInvalid(
                _("This is not a valid VAT id: its length or check digit is wrong; compare it with your papers.")
            )
        return vat_id
    module = get_cc_module(country.lower(), "vat")
    if module is not None and not module.is_valid(vat_id):
        raise VatIdInvalid(_("This is not a valid VAT id of this country; check it, or leave it empty."))
    return vat_id
