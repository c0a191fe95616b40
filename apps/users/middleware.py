"""Which language and whose clock a request is answered in."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone, translation

from apps.core.languages import language_known


class LanguageMiddleware(LocaleMiddleware):
    """Speaks the language a person chose, else the one of the cookie, else the one the browser asks for.

    The pages of our staff (settings.STAFF_PATH) are English, whoever reads them.

    What is streamed after the answer began is written plainly, unless whoever streams says otherwise.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Speak the language; the clock is the platform's until a page says whose it is."""
        timezone.deactivate()
        super().process_request(request)
        chosen = settings.LANGUAGE_CODE if request.path.startswith(settings.STAFF_PATH) else self._chosen(request)
        if language_known(chosen):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which language it is, and forget it, so that nothing later in this thread speaks it by chance."""
        answer = super().process_response(request, response)
        translation.deactivate()
        timezone.deactivate()
        return answer

    def _chosen(self, request: HttpRequest) -> str:
        """Return what the person chose; who has no session is not looked up."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return ""
        return str(getattr(request.user, "language", ""))
