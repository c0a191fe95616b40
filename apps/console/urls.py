from django.urls import path

from apps.console import reference, views

app_name = "console"
urlpatterns = [
    path("", views.start, name="start"),
    path("docs/api/", reference.reference, name="reference"),
    path("docs/openapi.json", reference.openapi, name="openapi"),
    path("o/<slug:slug>/", views.home, name="home"),
    path("o/<slug:slug>/projects/<slug:project>/", views.project, name="project"),
]
