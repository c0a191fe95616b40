"""Which state a top-up may move to from which, and the one function that moves it."""

from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.core.words import in_sentence
from apps.payments.models import TopUp

State = TopUp.State

# Money that arrives is always credited, so every state leads to paid, some by way of held, and nothing leads out of it.
TRANSITIONS: dict[str, frozenset[str]] = {
    State.CREATED: frozenset(
        {State.OPEN, State.PROCESSING, State.HELD, State.PAID, State.CANCELLED, State.EXPIRED, State.FAILED}
    ),
    State.OPEN: frozenset(
        {State.PROCESSING, State.HELD, State.PAID, State.CANCELLED, State.EXPIRED, State.FAILED}
    ),
    State.CANCELLED: frozenset(
        {State.OPEN, State.PROCESSING, State.HELD, State.PAID, State.EXPIRED, State.FAILED}
    ),
    State.PROCESSING: frozenset({State.HELD, State.PAID, State.FAILED}),
    State.EXPIRED: frozenset({State.HELD, State.PAID}),
    State.FAILED: frozenset({State.HELD, State.PAID}),
    State.HELD: frozenset({State.PAID}),
    State.PAID: frozenset(),
}


def topup_move(topup: TopUp, state: str) -> None:
    """Set the state of a top-up whose row the caller has locked and will save.

    Raises Conflict for a step that the table does not know.
    """
    if state not in TRANSITIONS[topup.state]:
        raise Conflict(
            _("This top-up is %(state)s and cannot become %(to)s.")
            % {"state": in_sentence(topup.get_state_display()), "to": state}
        )
    topup.state = state
