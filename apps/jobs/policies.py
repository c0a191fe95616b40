"""What a job does by itself when nobody looks: while it waits, when its node fails, when its time runs out."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from django.db import models

from apps.core.durations import duration_text
from apps.core.errors import AppError

REPOSTS_MAXIMUM = 5
LIMIT_MINIMUM_S, LIMIT_MAXIMUM_S = 60, 7 * 86_400
SILENT_MINIMUM_S = 300
# How long before its time limit a job is near it: a tenth of it, between a minute and a quarter of an hour.
NEAR_SHARE, NEAR_LEAST_S, NEAR_MOST_S = 10, 60, 900


def near_seconds(timeout_s: int) -> int:
    """Return how long before its time limit a job is near it."""
    return max(NEAR_LEAST_S, min(timeout_s // NEAR_SHARE, NEAR_MOST_S))


class QueueThen(models.TextChoices):
    WAIT = "wait", "Keep waiting and tell me"
    MOVE = "move", "Move to a market with a free node, for the same price or less"
    GIVE_UP = "give_up", "Give up; it costs nothing"


class NearThen(models.TextChoices):
    WARN = "warn", "Warn me"
    EXTEND = "extend", "Extend it"


class PolicyFields(models.Model):
    """The columns of a policy: of each job, and of each organisation for its new jobs."""

    queue_limit_s = models.PositiveIntegerField(
        "waiting limit", null=True, blank=True, default=1800, help_text="Seconds in a queue; empty: no limit."
    )
    queue_then = models.CharField(
        "when it waited that long", max_length=10, choices=QueueThen.choices, default=QueueThen.WAIT
    )
    silent_limit_s = models.PositiveIntegerField(
        "silence limit",
        null=True,
        blank=True,
        default=1800,
        help_text="Seconds without a sign of life from the node until the job is ended; empty: no limit.",
    )
    reposts = models.PositiveSmallIntegerField(
        default=2, help_text="How often it is listed again when a node gave it up without pay."
    )
    near_then = models.CharField(
        "shortly before its time limit", max_length=10, choices=NearThen.choices, default=NearThen.WARN
    )
    extend_by_s = models.PositiveIntegerField(default=0, help_text="Seconds of one extension.")
    extend_most_s = models.PositiveIntegerField(default=0, help_text="Seconds of the longest time limit.")

    class Meta:
        abstract = True

    @property
    def policy(self) -> "Policy":
        """Return the columns as a value."""
        return Policy(**{field.name: getattr(self, field.name) for field in fields(Policy)})


@dataclass(frozen=True)
class Policy:
    """What happens by itself; all times are seconds, None means never."""

    queue_limit_s: int | None = 1800
    queue_then: str = QueueThen.WAIT
    silent_limit_s: int | None = 1800
    reposts: int = 2
    near_then: str = NearThen.WARN
    extend_by_s: int = 0
    extend_most_s: int = 0

    @classmethod
    def read(cls, facts: dict[str, Any]) -> Self:
        """Return the policy that `facts` wrote down."""
        return cls(**{field.name: facts[field.name] for field in fields(cls) if field.name in facts})

    @property
    def facts(self) -> dict[str, Any]:
        """Return the policy as JSON can keep it."""
        return {name: str(value) if isinstance(value, str) else value for name, value in asdict(self).items()}

    def check(self) -> None:
        """Pass if every part makes sense. Raises AppError with a sentence per field."""
        wrong: dict[str, list[str]] = {}
        limits = f"between {duration_text(LIMIT_MINIMUM_S)} and {LIMIT_MAXIMUM_S // 86_400} days"
        if self.queue_limit_s is not None and not LIMIT_MINIMUM_S <= self.queue_limit_s <= LIMIT_MAXIMUM_S:
            wrong["queue_limit"] = [f"The waiting limit must be {limits}, or empty for none."]
        if self.queue_then not in QueueThen.values:
            wrong["queue_then"] = [f"Choose one of {', '.join(QueueThen.values)}."]
        elif self.queue_limit_s is None and self.queue_then != QueueThen.WAIT:
            wrong["queue_limit"] = ["Set after how long of waiting that shall happen."]
        if self.silent_limit_s is not None and not SILENT_MINIMUM_S <= self.silent_limit_s <= LIMIT_MAXIMUM_S:
            wrong["silent_limit"] = [
                f"The silence limit must be between {duration_text(SILENT_MINIMUM_S)} and "
                f"{LIMIT_MAXIMUM_S // 86_400} days, or empty for none."
            ]
        if not 0 <= self.reposts <= REPOSTS_MAXIMUM:
            wrong["reposts"] = [f"A job can be listed again between 0 and {REPOSTS_MAXIMUM} times."]
        if self.near_then not in NearThen.values:
            wrong["near_then"] = [f"Choose one of {', '.join(NearThen.values)}."]
        elif self.near_then == NearThen.EXTEND:
            if not LIMIT_MINIMUM_S <= self.extend_by_s <= LIMIT_MAXIMUM_S:
                wrong["extend_by"] = [f"One extension must be {limits}."]
            if not 0 < self.extend_most_s <= LIMIT_MAXIMUM_S:
                wrong["extend_most"] = [
                    f"The longest time limit must be at most {LIMIT_MAXIMUM_S // 86_400} days."
                ]
        if wrong:
            raise AppError(next(iter(wrong.values()))[0], code="policy_refused", fields=wrong)

    def longest(self, timeout_s: int) -> int:
        """Return the longest time limit a job that starts with `timeout_s` can come to."""
        return max(timeout_s, self.extend_most_s) if self.near_then == NearThen.EXTEND else timeout_s

    def words(self) -> list[str]:
        """Return what happens by itself, a sentence each, for people."""
        if self.queue_limit_s is None:
            waits = "It waits for a node as long as it takes."
        else:
            then = {
                QueueThen.WAIT: "you are told and it waits on",
                QueueThen.MOVE: "it moves to a market with a free node, at the same price or less",
                QueueThen.GIVE_UP: "it is given up and costs nothing",
            }[QueueThen(self.queue_then)]
            waits = f"After {duration_text(self.queue_limit_s)} in the queue {then}."
        tries = {0: "is not listed again", 1: "is listed again, once"}.get(
            self.reposts, f"is listed again, up to {self.reposts} times"
        )
        said = [
            waits,
            f"A try that a node gives up costs nothing; the job {tries}, and never holds more than at first.",
        ]
        if self.silent_limit_s is not None:
            said.append(
                f"A node that gives no sign of life for {duration_text(self.silent_limit_s)} is stopped; "
                "you do not pay for its silence."
            )
        if self.near_then == NearThen.EXTEND:
            said.append(
                f"Shortly before its time limit it is extended by {duration_text(self.extend_by_s)}, up to "
                f"{duration_text(self.extend_most_s)} in all, if balance and caps allow."
            )
        else:
            said.append("Shortly before its time limit you are warned.")
        return said
