"""Turns refusals into answers: a page for people, a fragment for htmx, problem+json for programs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.core.errors import AppError
from apps.core.rest import problem


class AppErrorMiddleware:
    """Answers any AppError that a view raises with its status and its sentence."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer the refusal in the form the caller asked for; leave every other exception alone."""
        if not isinstance(error, AppError):
            return None
        if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
            return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
        if getattr(request, "htmx", False):
            response = render(request, "components/alert.html", {"error": error}, status=error.status)
            response["HX-Retarget"], response["HX-Reswap"] = "#alerts", "innerHTML"
            return response
        return render(request, "error.html", {"error": error}, status=error.status)
