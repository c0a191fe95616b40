from django.urls import path

from apps.organisations import views

app_name = "organisations"
urlpatterns = [
    path("organisations/new/", views.new, name="new"),
    path("o/<slug:slug>/settings/", views.settings_page, name="settings"),
]
