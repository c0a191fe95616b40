"""Markets: what can be launched where, at what price."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest.schema import described
from apps.jobs.models import Market
from apps.jobs.selectors import market_get, markets_open
from apps.organisations.api.frame import Endpoint


class MarketShape(serializers.ModelSerializer[Market]):
    """A market: price in micro-NOS a second, waits in seconds, dollars in millionths an hour.

    `wait_median_s` and `finished_percent` are of our own jobs of the last 7 days; null where they are too few.
    """

    finished_percent = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Market
        fields = (
            "slug", "address", "name", "gpu", "vram_gb", "price_micro", "usd_micro_hour", "job_timeout",
            "nodes_waiting", "queue_type", "queue_len", "wait_median_s", "finished_percent", "jobs_counted",
            "note", "observed_at",
        )  # fmt: skip


class Markets(Endpoint):
    """The markets that take new jobs."""

    @described(MarketShape, many=True)
    def get(self, request: Request) -> Response:
        """List all markets, in the order of the launch page."""
        return Response({"items": [MarketShape(market).data for market in markets_open()]})


class OneMarket(Endpoint):
    """One market."""

    @described(MarketShape)
    def get(self, request: Request, market: str) -> Response:
        """Read a market, while it takes new jobs."""
        return Response(MarketShape(market_get(market)).data)
