from django.urls import path

from apps.console import guides, reference, views

app_name = "console"
urlpatterns = [
    path("", views.start, name="start"),
    path("language/", views.language, name="language"),
    path("docs/guides/", guides.guides, name="guides"),
    *(
        path(f"docs/guides/{name}/", guides.guide, {"name": name}, name=f"guide_{name.replace('-', '_')}")
        for name in guides.GUIDES
    ),
    path("docs/api/", reference.reference, name="reference"),
    path("docs/openapi.json", reference.openapi, name="openapi"),
    path("o/<slug:slug>/", views.home, name="home"),
    path("o/<slug:slug>/search/", views.find, name="search"),
    path("o/<slug:slug>/views/", views.view_store, name="view_save"),
    path("o/<slug:slug>/views/delete/", views.view_remove, name="view_delete"),
    path("o/<slug:slug>/projects/<slug:project>/", views.project, name="project"),
]
