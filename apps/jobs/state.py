"""The life of a job as one table: states, reasons, and which state may follow which (docs/job-life.md)."""

from django.db import models


class State(models.TextChoices):
    PENDING = (
        "pending",
        "Pending",
    )  # accepted and paid for by a hold, not on the chain: at first, or between two tries
    QUEUED = "queued", "Queued"  # on the chain, waiting for a node
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"


class Reason(models.TextChoices):
    NONE = "", "-"
    FINISHED = "finished", "The node finished the job"
    TIMEOUT = "timeout", "The job used its whole time"
    STOP_REQUESTED = "stop_requested", "A member stopped it"
    NODE_QUIT = "node_quit", "The node gave the job up"
    NODE_SILENT = "node_silent", "The node fell silent"
    QUEUED_TOO_LONG = "queued_too_long", "No node took it in time"
    MARKET_CLOSED = "market_closed", "The market closed before the job was listed"
    NODE_AWAY = "node_away", "The node it was meant for was not free"
    PRICE_ROSE = "price_rose", "The price rose beyond the balance before the job was listed"
    CHAIN_REFUSED = "chain_refused", "The network refused the job"
    ACCOUNT_GONE = "account_gone", "The network removed the job"
    STRANDED = "stranded", "The network took it from its node"


class Seen(models.TextChoices):
    """What the chain shows of an attempt, in the order in which it happens."""

    NONE = "", "nothing yet"
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    QUIT = "quit", "given up by its node"
    DONE = "done", "done"
    GONE = "gone", "taken back"

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
