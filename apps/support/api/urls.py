from django.urls import path

from apps.support.api import tickets, visits

app_name = "support_api"
O = "organisations/<slug:slug>/"  # noqa: E741
urlpatterns = [
    path(O + "tickets", tickets.Tickets.as_view(), name="tickets"),
    path(O + "tickets/<uuid:ticket_id>", tickets.OneTicket.as_view(), name="ticket"),
    path(O + "tickets/<uuid:ticket_id>/reply", tickets.TicketReply.as_view(), name="ticket_reply"),
    path(O + "visits", visits.Visits.as_view(), name="visits"),
    path(O + "visits/<uuid:visit_id>/revoke", visits.VisitRevoke.as_view(), name="visit_revoke"),
    path(O + "feedback", tickets.Feedback.as_view(), name="feedback"),
]
