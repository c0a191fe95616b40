"""Markets and logs for programs: what can be launched where, at what price, and what a job wrote."""

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.jobs import api_templates as templates
from apps.jobs.api_log import JobLog
from apps.jobs.models import Market
from apps.jobs.selectors import market_get, markets_open
from apps.organisations.api.frame import Endpoint


class MarketShape(serializers.ModelSerializer[Market]):
    """A market: price in micro-NOS a second, waits in seconds, dollars in millionths an hour.

    `wait_median_s` and `finished_percent` are of our own jobs of the last 7 days; null where they are too few.
    """

    finished_percent = serializers.IntegerField()

    class Meta:
        model = Market
        fields = (
            "slug", "address", "name", "gpu", "vram_gb", "price_micro", "usd_micro_hour", "job_timeout",
            "nodes_waiting", "queue_type", "queue_len", "wait_median_s", "finished_percent", "jobs_counted",
            "note", "observed_at",
        )  # fmt: skip


class Markets(Endpoint):
    """The markets that take new jobs."""

    def get(self, request: Request) -> Response:
        """Answer all of them, in the order of the launch page."""
        return Response({"items": [MarketShape(market).data for market in markets_open()]})


class OneMarket(Endpoint):
    """One market."""

    def get(self, request: Request, market: str) -> Response:
        """Answer it, while it takes new jobs."""
        return Response(MarketShape(market_get(market)).data)


app_name = "jobs_api"
urlpatterns = [
    path("markets", Markets.as_view(), name="markets"),
    path("markets/<slug:market>", OneMarket.as_view(), name="market"),
    path("organisations/<slug:slug>/jobs/<uuid:job_id>/log", JobLog.as_view(), name="log"),
    path("organisations/<slug:slug>/templates", templates.Templates.as_view(), name="templates"),
    path("organisations/<slug:slug>/templates/<slug:template>", templates.OneTemplate.as_view(), name="template"),
    path(
        "organisations/<slug:slug>/templates/<slug:template>/versions",
        templates.Versions.as_view(),
        name="template_versions",
    ),
    path(
        "organisations/<slug:slug>/templates/<slug:template>/versions/<int:number>",
        templates.OneVersion.as_view(),
        name="template_version",
    ),
    path(
        "organisations/<slug:slug>/templates/<slug:template>/versions/<int:number>/restore",
        templates.Restore.as_view(),
        name="template_restore",
    ),
    path(
        "organisations/<slug:slug>/templates/<slug:template>/archive",
        templates.Archive.as_view(),
        name="template_archive",
    ),
    path(
        "organisations/<slug:slug>/templates/<slug:template>/unarchive",
        templates.Unarchive.as_view(),
        name="template_unarchive",
    ),
]
