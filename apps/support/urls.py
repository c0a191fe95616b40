from django.urls import path

from apps.support import views
from apps.support.feedback.views import feedback

app_name = "support"
urlpatterns = [
    path("admin/treasury/", views.treasury, name="treasury"),
    path("o/<slug:slug>/feedback/", feedback, name="feedback"),
]
