"""Which VAT a top-up carries. It falls due when the top-up is paid, since credits then buy one known service.

Pure rules: the facts come in, nothing is looked up. docs/vat.md says them in an accountant's words.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from apps.billing import sentences as said

# Standard rates: (country, in force from, basis points). A row is added on the day a parliament has decided, and none
# is ever changed: an invoice of last year keeps last year's rate.
RATES: tuple[tuple[str, date, int], ...] = (
    *(
        (country, date(2024, 1, 1), bp)
        for country, bp in (
            ("AT", 2000), ("BE", 2100), ("BG", 2000), ("CY", 1900), ("CZ", 2100), ("DE", 1900), ("DK", 2500),
            ("EE", 2200), ("ES", 2100), ("FI", 2400), ("FR", 2000), ("GR", 2400), ("HR", 2500), ("HU", 2700),
            ("IE", 2300), ("IT", 2200), ("LT", 2100), ("LU", 1700), ("LV", 2100), ("MT", 1800), ("NL", 2100),
            ("PL", 2300), ("PT", 2300), ("RO", 1900), ("SE", 2500), ("SI", 2200), ("SK", 2000),
        )
    ),
    ("FI", date(2024, 9, 1), 2550),
    ("SK", date(2025, 1, 1), 2300),
    ("EE", date(2025, 7, 1), 2400),
    ("RO", date(2025, 8, 1), 2100),
)  # fmt: skip
MEMBERS = frozenset(country for country, _, _ in RATES)
AS_ANOTHER = {"MC": "FR"}  # places that are not members and are taxed as one
VIES_PREFIX = {"GR": "EL"}  # where VAT ids begin with something else than the country's code
PROOF_LASTS = timedelta(days=30)  # how old a positive answer of VIES may be

DOMESTIC = "domestic"
REVERSE_CHARGE = "eu_reverse_charge"
UNCONFIRMED = "eu_unconfirmed"
CONSUMER = "eu_consumer"
SELLER_RATE = "eu_seller_rate"
OUTSIDE = "outside_eu"


@dataclass(frozen=True)
class Vat:
    """The rule that applies, its rate in basis points, and the sentence the invoice says about it."""

    rule: str
    bp: int
    note: str


def rate_bp(country: str, on: date) -> int:
    """Return a member state's standard rate on a day, in basis points. Raises KeyError for others or earlier days."""
    found = [(since, bp) for code, since, bp in RATES if code == country and since <= on]
    if not found:
        raise KeyError(f"no VAT rate of {country} on {on}")
    return max(found)[1]


def vat_country(country: str) -> str:
    """Return the country whose VAT applies in `country` (ISO 3166 codes): itself, but for a few places."""
    return AS_ANOTHER.get(country, country)


def vat_id_of(vat_id: str, country: str) -> bool:
    """Return whether the VAT id is one of the country's: whether it begins as they do."""
    return vat_id.startswith(VIES_PREFIX.get(country, country))


def vat_for(
    *,
    seller_country: str,
    buyer_country: str,
    on: date,
    vat_id: str = "",
    vat_id_state: str = "",
    oss: bool = True,
) -> Vat:
    """Return the VAT on a sale between two countries (ISO 3166 codes) on a day.

    `vat_id_state` is what VIES says of the buyer's id: "valid" (a positive answer at most 30 days old), "invalid", or
    "" while it has not answered. `oss` says whether the seller declares other countries' VAT through the one-stop
    shop; without it every consumer in the EU pays the seller's rate, which the law allows up to €10,000 a year.
    Raises KeyError for a seller outside the EU.
    """
    seller, buyer = vat_country(seller_country), vat_country(buyer_country)
    seller_bp = rate_bp(seller, on)
    if buyer == seller:
        return Vat(DOMESTIC, seller_bp, "")
    if buyer not in MEMBERS:
        return Vat(OUTSIDE, 0, said.OUTSIDE_EU)
    own_id = vat_id if vat_id_of(vat_id, buyer) else ""
    if own_id and vat_id_state == "valid":
        return Vat(REVERSE_CHARGE, 0, said.REVERSED)
    bp, country = (rate_bp(buyer, on), buyer) if oss else (seller_bp, seller)
    where = {"where": said.OF_CUSTOMER if oss else said.OF_SELLER, "country": country}
    if own_id and vat_id_state != "invalid":
        return Vat(UNCONFIRMED, bp, said.VAT_UNCONFIRMED % (where | {"vat_id": own_id}))
    return Vat(CONSUMER if oss else SELLER_RATE, bp, said.VAT_OF % where)
