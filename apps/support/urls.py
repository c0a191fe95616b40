from django.urls import path

from apps.support import views
from apps.support.desk import views as desk
from apps.support.feedback.views import feedback

app_name = "support"
urlpatterns = [
    path("admin/treasury/", views.treasury, name="treasury"),
    path("admin/search/", desk.search, name="search"),
    path("admin/organisation/<uuid:organisation_id>/", desk.organisation, name="organisation"),
    path("admin/job/<uuid:job_id>/", desk.job, name="job"),
    path("o/<slug:slug>/feedback/", feedback, name="feedback"),
]
