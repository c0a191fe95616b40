"""Acts on how an organisation's people sign in, each in the file of its noun."""

from apps.organisations.services.sign_in.domains import (
    domain_add,
    domain_check,
    domain_join_set,
    domain_prove,
    domain_remove,
)
from apps.organisations.services.sign_in.joining import address_joins, provider_facts, provider_vouches
from apps.organisations.services.sign_in.policies import sign_in_policy_set
from apps.organisations.services.sign_in.providers import provider_remove, provider_set
from apps.organisations.services.sign_in.rechecks import domains_recheck

__all__ = [
    "address_joins",
    "domain_add",
    "domain_check",
    "domain_join_set",
    "domain_prove",
    "domain_remove",
    "domains_recheck",
    "provider_facts",
    "provider_remove",
    "provider_set",
    "provider_vouches",
    "sign_in_policy_set",
]
