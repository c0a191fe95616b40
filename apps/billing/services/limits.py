"""What setting a cap and setting a budget have in common."""

import uuid

from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing.errors import LimitRefused
from apps.billing.models import Level
from apps.billing.selectors.subjects import subject_exists
from apps.billing.services.wallets import wallet_open
from apps.billing.windows import Period
from apps.core.errors import NotFound
from apps.core.numbers import number_text
from apps.core.words import in_sentence
from apps.ledger.services import accounts_lock
from apps.ledger.services.transfers import LIMIT
from apps.organisations.models import Organisation


def limit_check(
    organisation: Organisation,
    *,
    level: str,
    subject_id: str,
    period: str,
    micro: int,
    levels: set[Level],
    periods: set[Period],
) -> None:
    """Pass if such a limit can be set. Raises LimitRefused with the field, NotFound for a foreign subject."""
    if level not in levels:
        raise LimitRefused(
            _("“%(level)s” cannot have one; choose %(levels)s.") % {"level": level[:40], "levels": _words(levels)},
            fields={"level": [_("Choose one.")]},
        )
    if period not in periods or (level == Level.TOPUP and period == Period.JOB):
        raise LimitRefused(
            _("“%(period)s” is no period for it; choose %(periods)s.")
            % {"period": period[:40], "periods": _words(periods)},
            fields={"period": [_("Choose one.")]},
        )
    if type(micro) is not int or not 0 <= micro <= LIMIT:
        sentence = _("The amount must be between 0 and %(limit)s credits, with six decimals at most.") % {
            "limit": number_text(LIMIT // 10**6)
        }
        raise LimitRefused(sentence, fields={"amount": [sentence]})
    if not subject_exists(organisation, level, subject_id):
        raise NotFound(
            _("There is no such %(level)s in %(organisation)s; choose one from the list.")
            % {"level": in_sentence(Level(level).label), "organisation": organisation.name}
        )


def _words(choices: set[Level] | set[Period]) -> str:
    return ", ".join(sorted(in_sentence(choice.label) for choice in choices))


def wallet_lock(organisation_id: uuid.UUID) -> None:
    """Lock the organisation's wallet until the transaction ends, opened first where it is not yet."""
    codes = [chart.available(organisation_id), chart.held(organisation_id)]
    if len(accounts_lock(codes)) < len(codes):
        wallet_open(organisation_id)
        accounts_lock(codes)
