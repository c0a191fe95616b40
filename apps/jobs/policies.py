"""What a job does by itself when nobody looks: while it waits, when its node fails, when its time runs out."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    WAIT = "wait", gettext_lazy("Keep waiting and tell me")
    MOVE = "move", gettext_lazy("Move to a market with a free node, for the same price or less")
    GIVE_UP = "give_up", gettext_lazy("Give up; it costs nothing")


class NearThen(models.TextChoices):
    WARN = "warn", gettext_lazy("Warn me")
    EXTEND = "extend", gettext_lazy("Extend it")


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
        limits = {"least": duration_text(LIMIT_MINIMUM_S), "most": LIMIT_MAXIMUM_S // 86_400}
        if self.queue_limit_s is not None and not LIMIT_MINIMUM_S <= self.queue_limit_s <= LIMIT_MAXIMUM_S:
            wrong["queue_limit"] = [
                _("The waiting limit must be between %(least)s and %(most)s days, or empty for none.") % limits
            ]
        if self.queue_then not in QueueThen.values:
            wrong["queue_then"] = [_("Choose one of %(values)s.") % {"values": ", ".join(QueueThen.values)}]
        elif self.queue_limit_s is None and self.queue_then != QueueThen.WAIT:
            wrong["queue_limit"] = [_("Set after how long of waiting that shall happen.")]
        if self.silent_limit_s is not None and not SILENT_MINIMUM_S <= self.silent_limit_s <= LIMIT_MAXIMUM_S:
            wrong["silent_limit"] = [
                _(
                    "The silence limit must be between %(silent_minimum_s)s and %(limit_maximum_s)s days, or "
                    "empty for none."
                )
                % {
                    "silent_minimum_s": duration_text(SILENT_MINIMUM_S),
                    "limit_maximum_s": LIMIT_MAXIMUM_S // 86_400,
                }
            ]
        if not 0 <= self.reposts <= REPOSTS_MAXIMUM:
            wrong["reposts"] = [
                _("A job can be listed again between 0 and %(reposts_maximum)s times.")
                % {"reposts_maximum": REPOSTS_MAXIMUM}
            ]
        if self.near_then not in NearThen.values:
            wrong["near_then"] = [_("Choose one of %(values)s.") % {"values": ", ".join(NearThen.values)}]
        elif self.near_then == NearThen.EXTEND:
            if not LIMIT_MINIMUM_S <= self.extend_by_s <= LIMIT_MAXIMUM_S:
                wrong["extend_by"] = [_("One extension must be between %(least)s and %(most)s days.") % limits]
            if not 0 < self.extend_most_s <= LIMIT_MAXIMUM_S:
                wrong["extend_most"] = [
                    _("The longest time limit must be at most %(limit_maximum_s)s days.")
                    % {"limit_maximum_s": LIMIT_MAXIMUM_S // 86_400}
                ]
        if wrong:
            raise AppError(next(iter(wrong.values()))[0], code="policy_refused", fields=wrong)

    def longest(self, timeout_s: int) -> int:
        """Return the longest time limit a job that starts with `timeout_s` can come to."""
        return max(timeout_s, self.extend_most_s) if self.near_then == NearThen.EXTEND else timeout_s

    def words(self) -> list[str]:
        """Return what happens by itself, a sentence each, for people."""
        if self.queue_limit_s is None:
            waits = _("It waits for a node as long as it takes.")
        else:
            waits = {
                QueueThen.WAIT: _("After %(time)s in the queue you are told and it waits on."),
                QueueThen.MOVE: _(
                    "After %(time)s in the queue it moves to a market with a free node, at the same price or less."
                ),
                QueueThen.GIVE_UP: _("After %(time)s in the queue it is given up and costs nothing."),
            }[QueueThen(self.queue_then)] % {"time": duration_text(self.queue_limit_s)}
        said = [waits, self._tries_words()]
        if self.silent_limit_s is not None:
            said.append(
                _("A node that gives no sign of life for %(time)s is stopped; you do not pay for its silence.")
                % {"time": duration_text(self.silent_limit_s)}
            )
        if self.near_then == NearThen.EXTEND:
            said.append(
                _(
                    "Shortly before its time limit it is extended by %(by)s, up to %(most)s in all, if balance and "
                    "caps allow."
                )
                % {"by": duration_text(self.extend_by_s), "most": duration_text(self.extend_most_s)}
            )
        else:
            said.append(_("Shortly before its time limit you are warned."))
        return said

    def _tries_words(self) -> str:
        if self.reposts == 0:
            return _(
                "A try that a node gives up costs nothing; the job is not listed again, and never holds more than at "
                "first."
            )
        if self.reposts == 1:
            return _(
                "A try that a node gives up costs nothing; the job is listed again, once, and never holds more than at "
                "first."
            )
        return _(
            "A try that a node gives up costs nothing; the job is listed again, up to %(times)d times, and never holds "
            "more than at first."
        ) % {"times": self.reposts}
