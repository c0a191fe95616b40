"""Markets, as last seen."""

from django.db import models
from django.utils.translation import gettext_lazy as _

FIGURES_FROM = 5  # jobs; fewer say nothing of a market


class Market(models.Model):
    """A market of the network, as last seen on the chain; prices are micro-NOS a second."""

    class Queue(models.IntegerChoices):
        JOBS = 0, _("jobs wait")
        NODES = 1, _("nodes wait")
        EMPTY = 255, _("nobody waits")

    address = models.CharField(max_length=44, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    gpu = models.CharField("GPU", max_length=120, blank=True)
    vram_gb = models.PositiveIntegerField("VRAM (GB)", default=0)
    price_micro = models.BigIntegerField(default=0, help_text="micro-NOS a second")
    job_timeout = models.BigIntegerField(
        default=7200, help_text="Seconds a job takes here at most, as the market hints."
    )
    job_expiration = models.BigIntegerField(
        default=86_400, help_text="Seconds until an ended job may be cleaned away."
    )
    queue_type = models.PositiveSmallIntegerField(choices=Queue.choices, default=Queue.EMPTY)
    queue_len = models.PositiveIntegerField(default=0)
    nodes_waiting = models.PositiveIntegerField(default=0)
    open = models.BooleanField(default=False)
    observed_at = models.DateTimeField(null=True, blank=True)
    observed_slot = models.BigIntegerField(default=0)
    # what the network's own list says
    listed = models.BooleanField(default=False, help_text="The network's own list names it.")
    listed_at = models.DateTimeField(null=True, blank=True)
    usd_micro_hour = models.BigIntegerField(
        null=True, blank=True, help_text="Millionths of a dollar an hour, as the network lists it."
    )
    # what our own jobs of the last days say
    wait_median_s = models.PositiveIntegerField(null=True, blank=True, help_text="Seconds from queue to start.")
    jobs_counted = models.PositiveIntegerField(default=0, help_text="Jobs that ran there or failed to.")
    jobs_finished = models.PositiveIntegerField(default=0)
    figured_at = models.DateTimeField(null=True, blank=True)
    # what staff say
    hidden = models.BooleanField(default=False, help_text="Takes no new jobs; what runs there goes on.")
    rank = models.SmallIntegerField(default=0, help_text="Smaller comes first; the same rank by price.")
    note = models.CharField(max_length=200, blank=True, help_text="A sentence that customers read beside it.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(price_micro__gte=0), name="market_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(jobs_finished__lte=models.F("jobs_counted")),
                name="market_finished_within_counted",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def finished_percent(self) -> int | None:
        """Of the jobs counted, how many finished; None where too few were counted to say."""
        few = self.jobs_counted < FIGURES_FROM
        return None if few else self.jobs_finished * 100 // self.jobs_counted
