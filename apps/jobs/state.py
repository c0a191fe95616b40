"""The life of a job as one table: states, reasons, and which state may follow which (docs/job-life.md)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    # accepted and paid for by a hold, not on the chain: at first, or between two tries
    PENDING = "pending", _("Pending")
    QUEUED = "queued", _("Queued")  # on the chain, waiting for a node
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


class Reason(models.TextChoices):
    NONE = "", "-"
    FINISHED = "finished", _("The node finished the job")
    TIMEOUT = "timeout", _("The job used its whole time")
    STOP_REQUESTED = "stop_requested", _("A member stopped it")
    STAFF_STOPPED = "staff_stopped", _("Our staff stopped it")
    NODE_QUIT = "node_quit", _("The node gave the job up")
    NODE_SILENT = "node_silent", _("The node fell silent")
    QUEUED_TOO_LONG = "queued_too_long", _("No node took it in time")
    MARKET_CLOSED = "market_closed", _("The market closed before the job was listed")
    NODE_AWAY = "node_away", _("The node it was meant for was not free")
    PRICE_ROSE = "price_rose", _("The price rose beyond the balance before the job was listed")
    CHAIN_REFUSED = "chain_refused", _("The network refused the job")
    ACCOUNT_GONE = "account_gone", _("The network removed the job")
    STRANDED = "stranded", _("The network took it from its node")


class Seen(models.TextChoices):
    """What the chain shows of an attempt, in the order in which it happens."""

    NONE = "", _("nothing yet")
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    QUIT = "quit", _("given up by its node")
    DONE = "done", _("done")
    GONE = "gone", _("taken back")

    @property
    def rank(self) -> int:
        """How far it is; what is known to be far goes back only by what is final."""
        return list(Seen).index(self)


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.QUEUED, State.RUNNING, State.COMPLETED, State.STOPPED, State.FAILED}),
    State.QUEUED: frozenset({State.PENDING, State.RUNNING, State.COMPLETED, State.STOPPED, State.FAILED}),
    State.RUNNING: frozenset({State.PENDING, State.COMPLETED, State.STOPPED, State.FAILED}),
    State.COMPLETED: frozenset(),
    State.STOPPED: frozenset(),
    State.FAILED: frozenset(),
}

OVER = frozenset(state for state, following in TRANSITIONS.items() if not following)
LIVE = frozenset(State) - OVER

# Where a job goes back to when the network dropped the block that moved it; only what is final shows that, and only
# until the attempt's money is settled.
RETURNS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.QUEUED, State.RUNNING}),
    State.QUEUED: frozenset({State.PENDING}),
    State.RUNNING: frozenset({State.PENDING, State.QUEUED}),
    **dict.fromkeys(OVER, LIVE),
}


def may_follow(state: State, following: State) -> bool:
    """Return whether a job in `state` may move to `following`."""
    return following in TRANSITIONS[state]


def may_return(state: State, before: State) -> bool:
    """Return whether a job in `state` may go back to `before` when a fork was dropped."""
    return before in RETURNS[state]
