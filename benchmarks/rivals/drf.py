"""The plainest REST there is: DRF's own views, a token by its digest, a page of 20; no limits, scopes or middleware."""

import hashlib
import importlib
import os
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
django.setup()  # some apps look for their middleware when they start; the rival has none
settings.MIDDLEWARE, settings.ROOT_URLCONF = [], __name__
application = get_asgi_application()

_rest = importlib.import_module("rest_framework.generics")
_pages = importlib.import_module("rest_framework.pagination")
_ways = importlib.import_module("rest_framework.authentication")
_shapes = importlib.import_module("rest_framework.serializers")
_allowed = importlib.import_module("rest_framework.permissions")
_jobs = importlib.import_module("apps.jobs.models")
_keys = importlib.import_module("apps.organisations.models")
_urls = importlib.import_module("django.urls")


class ByDigest(_ways.BaseAuthentication):  # type: ignore[misc, name-defined]
    """One query: the token's row, by its digest, with its user."""

    def authenticate(self, request: Any) -> Any:
        """Return the user of the token."""
        text = request.META["HTTP_AUTHORIZATION"].partition(" ")[2]
        found = _keys.ApiKey.objects.select_related("member__user").get(
            prefix=text.split("_")[2][:12], digest=hashlib.sha256(text.encode()).hexdigest()
        )
        return found.member.user, found


class Shape(_shapes.ModelSerializer):  # type: ignore[misc, name-defined]
    """The members that a list of ours has, as far as the row itself has them."""

    class Meta:
        model = _jobs.Job
        fields = (
            "id", "name", "state", "reason", "sentence", "project", "member", "market", "timeout_s", "visibility",
            "price_micro", "node", "created_at", "queued_at", "started_at", "ended_at", "stop_requested_at",
            "result_at",
        )  # fmt: skip


class Pages(_pages.CursorPagination):  # type: ignore[misc, name-defined]
    """Twenty, newest first."""

    page_size, ordering = 20, "-id"


class Jobs(_rest.ListAPIView):  # type: ignore[misc, name-defined]
    """The list."""

    authentication_classes, permission_classes = (ByDigest,), (_allowed.IsAuthenticated,)
    serializer_class, pagination_class = Shape, Pages
    queryset = _jobs.Job.objects.defer("definition", "result")


class OneJob(_rest.RetrieveAPIView):  # type: ignore[misc, name-defined]
    """One."""

    authentication_classes, permission_classes = (ByDigest,), (_allowed.IsAuthenticated,)
    serializer_class = Shape
    queryset = _jobs.Job.objects.all()


urlpatterns = [
    _urls.path("jobs", Jobs.as_view()),
    _urls.path("jobs/<uuid:pk>", OneJob.as_view()),
]
