from django.urls import path, re_path

from apps.support.acts import views as acts
from apps.support.acts.doings import ACTS
from apps.support.announcements.views import put_away
from apps.support.closing import views as closing
from apps.support.desk import views as desk
from apps.support.early import views as early
from apps.support.feedback.views import feedback
from apps.support.reconciliation import views as reconciliation
from apps.support.rescue import views as rescue
from apps.support.tickets import desk as desk_tickets
from apps.support.tickets import views as tickets
from apps.support.views import staff, treasury, visits

app_name = "support"
ORGANISATION = "admin/organisation/<uuid:organisation_id>/"
urlpatterns = [
    path("admin/treasury/", treasury.treasury, name="treasury"),
    path("admin/search/", desk.search, name="search"),
    path(ORGANISATION, desk.organisation, name="organisation"),
    path(f"{ORGANISATION}notes/", desk.note, name="note"),
    *(path(f"{ORGANISATION}{name}/", acts.act, {"name": name}, name=f"organisation_{name}") for name in ACTS),
    path("admin/job/<uuid:job_id>/", rescue.job, name="job"),
    path("admin/job/<uuid:job_id>/<slug:act>/", rescue.job_act, name="job_act"),
    path("announcements/<int:announcement_id>/put-away/", put_away, name="announcement_put_away"),
    path("admin/staff/", staff.staff, name="staff"),
    path("o/<slug:slug>/feedback/", feedback, name="feedback"),
    path("o/<slug:slug>/support/", tickets.tickets, name="tickets"),
    path("o/<slug:slug>/support/new/", tickets.ticket_new, name="ticket_new"),
    path("o/<slug:slug>/support/<uuid:ticket_id>/", tickets.ticket, name="ticket"),
    path("admin/tickets/", desk_tickets.tickets, name="desk_tickets"),
    path("admin/tickets/<uuid:ticket_id>/", desk_tickets.ticket, name="desk_ticket"),
    path("admin/tickets/<uuid:ticket_id>/answer/", desk_tickets.ticket_answered, name="desk_answer"),
    path("admin/tickets/<uuid:ticket_id>/owner/", desk_tickets.ticket_owned, name="desk_owner"),
    path("admin/early/", early.early, name="early"),
    path("admin/early/feedback/<uuid:feedback_id>/", early.feedback_page, name="desk_feedback"),
    path("admin/early/feedback/<uuid:feedback_id>/answer/", early.feedback_answered, name="desk_feedback_answer"),
    path("admin/visits/", visits.visits, name="visits"),
    path("admin/visits/<uuid:visit_id>/begin/", visits.begin, name="visit_begin"),
    path("admin/visits/<uuid:visit_id>/end/", visits.end, name="visit_end"),
    path("o/<slug:slug>/settings/staff-access/", visits.visits_here, name="visits_of"),
    path("o/<slug:slug>/settings/staff-access/<uuid:visit_id>/end/", visits.revoke, name="visit_revoke"),
    path("admin/reconciliation/", reconciliation.days, name="reconciliation"),
    path("admin/reconciliation/items/", reconciliation.items, name="reconciliation_items"),
    path("admin/reconciliation/items/<int:item_id>/", reconciliation.item, name="reconciliation_item"),
    re_path(
        r"^admin/reconciliation/items/(?P<item_id>[0-9]{1,18})/(?P<act>owner|comment|resolve|reopen)/$",
        reconciliation.item_act,
        name="reconciliation_act",
    ),
    path("admin/reconciliation/<slug:day>/", reconciliation.day, name="reconciliation_day"),
    path("admin/months/", closing.closes, name="closes"),
    path("admin/months/<slug:month>/", closing.close, name="close"),
    re_path(r"^admin/months/(?P<month>[-\w]+)/(?P<act>sign|open)/$", closing.close_act, name="close_act"),
    re_path(
        r"^admin/months/(?P<month>[-\w]+)/(?P<name>postings|chart|documents)\.csv$",
        closing.export,
        name="close_export",
    ),
    path("admin/months/<slug:month>/vat.csv", closing.vat_draw, name="close_vat"),
]
