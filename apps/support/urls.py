from django.urls import path

from apps.support.desk import views as desk
from apps.support.feedback.views import feedback
from apps.support.views import staff, treasury, visits

app_name = "support"
urlpatterns = [
    path("admin/treasury/", treasury.treasury, name="treasury"),
    path("admin/search/", desk.search, name="search"),
    path("admin/organisation/<uuid:organisation_id>/", desk.organisation, name="organisation"),
    path("admin/organisation/<uuid:organisation_id>/notes/", desk.note, name="note"),
    path("admin/job/<uuid:job_id>/", desk.job, name="job"),
    path("admin/staff/", staff.staff, name="staff"),
    path("o/<slug:slug>/feedback/", feedback, name="feedback"),
    path("admin/visits/", visits.visits, name="visits"),
    path("admin/visits/<uuid:visit_id>/begin/", visits.begin, name="visit_begin"),
    path("admin/visits/<uuid:visit_id>/end/", visits.end, name="visit_end"),
    path("o/<slug:slug>/settings/staff-access/", visits.visits_here, name="visits_of"),
    path("o/<slug:slug>/settings/staff-access/<uuid:visit_id>/end/", visits.revoke, name="visit_revoke"),
]
