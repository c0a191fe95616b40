"""Every address of the platform, app by app."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
# Staff signs in where everybody does: with second factor, lockout and a list of browsers.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("apps.support.urls")),  # before the admin site, whose addresses it extends
    path("admin/", admin.site.urls),
    path("api/v1/", include("apps.jobs.api.urls")),  # first, since programs ask for nothing as often as for jobs
    path("api/v1/", include("apps.organisations.api.urls")),
    path("api/v1/", include("apps.billing.api.urls")),
    path("api/v1/", include("apps.payments.api.urls")),
    path("api/v1/", include("apps.notifications.api.urls")),
    path("api/v1/", include("apps.support.api.urls")),
    path("", include("apps.notifications.urls")),
    path("nodes/", include("apps.bridge.urls")),
    path("", include("apps.payments.urls")),
    path("", include("apps.billing.urls")),
    path("", include("apps.jobs.urls")),
    path("", include("apps.organisations.urls")),
    path("", include("apps.users.urls")),
    path("", include("apps.console.urls")),
    path("", include("allauth.idp.urls")),  # tokens for programs; the pages of its device flow are organisations'
]

handler400 = "apps.core.rest.problems.bad_request"
handler404 = "apps.core.rest.problems.not_found"
handler500 = "apps.core.rest.problems.server_error"
