"""The life of a job as one table: states, reasons, and which state may follow which (docs/job-life.md)."""

from django.db import models


class State(models.TextChoices):
    PENDING = "pending", "Pending"  # accepted and paid for by a hold, not yet on the chain
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
    MARKET_CLOSED = "market_closed", "The market closed before the job was listed"
    NODE_AWAY = "node_away", "The node it was meant for was not free"
    PRICE_ROSE = "price_rose", "The price rose beyond the balance before the job was listed"
    CHAIN_REFUSED = "chain_refused", "The network refused the job"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.QUEUED, State.RUNNING, State.COMPLETED, State.STOPPED, State.FAILED}),
    State.QUEUED: frozenset({State.RUNNING, State.COMPLETED, State.STOPPED, State.FAILED}),
    State.RUNNING: frozenset({State.COMPLETED, State.STOPPED, State.FAILED}),
    State.COMPLETED: frozenset(),
    State.STOPPED: frozenset(),
    State.FAILED: frozenset(),
}

OVER = frozenset(state for state, following in TRANSITIONS.items() if not following)
LIVE = frozenset(State) - OVER


def may_follow(state: State, following: State) -> bool:
    """Return whether a job in `state` may move to `following`."""
    return following in TRANSITIONS[state]
