from django.urls import path

from apps.organisations.views import organisations

app_name = "organisations"
urlpatterns = [
    path("organisations/new/", organisations.new, name="new"),
    path("o/<slug:slug>/settings/", organisations.settings_page, name="settings"),
]
