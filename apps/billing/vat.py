"""Which VAT a top-up carries. It falls due when the top-up is paid, since credits then buy one known service."""

from dataclasses import dataclass

# Standard rates in basis points, in force since 1 August 2025.
STANDARD_BP = {
    "AT": 2000, "BE": 2100, "BG": 2000, "CY": 1900, "CZ": 2100, "DE": 1900, "DK": 2500, "EE": 2400, "ES": 2100,
    "FI": 2550, "FR": 2000, "GR": 2400, "HR": 2500, "HU": 2700, "IE": 2300, "IT": 2200, "LT": 2100, "LU": 1700,
    "LV": 2100, "MT": 1800, "NL": 2100, "PL": 2300, "PT": 2300, "RO": 2100, "SE": 2500, "SI": 2200, "SK": 2300,
}  # fmt: skip


@dataclass(frozen=True)
class Vat:
    """The rule that applies, its rate in basis points, and the sentence the invoice says about it."""

    rule: str
    bp: int
    note: str


def vat_for(*, seller_country: str, buyer_country: str) -> Vat:
    """Return the VAT on a sale between two countries (ISO 3166 codes). Raises KeyError for sellers outside the EU.

    A business elsewhere in the EU pays the seller's rate: reverse charge takes a VAT id that VIES has confirmed,
    and no such proof is kept yet.
    """
    bp = STANDARD_BP[seller_country]
    if buyer_country == seller_country:
        return Vat("domestic", bp, "")
    if buyer_country in STANDARD_BP:
        return Vat(
            "eu_seller_rate",
            bp,
            f"VAT is charged at the seller's rate ({seller_country}): "
            "reverse charge needs a VAT id confirmed by VIES.",
        )
    return Vat("outside_eu", 0, "Not subject to EU VAT: the customer is established outside the European Union.")
