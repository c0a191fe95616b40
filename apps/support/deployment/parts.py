"""Every part of a deployment, in the order in which one mends them."""

from dataclasses import dataclass
from datetime import datetime

from apps.support.deployment import inside, outside
from apps.support.deployment.findings import Finding, Part, part_findings

PARTS: dict[str, Part] = {
    "settings": inside.of_settings,
    "keys": inside.of_keys,
    "programs": inside.of_programs,
    "database": inside.of_database,
    "clock": inside.of_clock,
    "redis": inside.of_redis,
    "chain and treasury": outside.of_chain,
    "markets": outside.of_markets,
    "stripe": outside.of_stripe,
    "mail": outside.of_mail,
    "workers": inside.of_workers,
    "price of NOS": outside.of_rates,
}


@dataclass(frozen=True)
class Report:
    """What each part lacks, by its name; an empty list where all is well."""

    parts: dict[str, list[Finding]]

    @property
    def fit(self) -> bool:
        """Whether nothing is missing; advice does not count."""
        return not any(finding.missing for findings in self.parts.values() for finding in findings)


def deployment_check(*, now: datetime) -> Report:
    """Ask every part what it lacks. Speaks to Stripe, the chain and the mail server; changes nothing anywhere."""
    return Report({name: list(part_findings(part, now=now)) for name, part in PARTS.items()})
