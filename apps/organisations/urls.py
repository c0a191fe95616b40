from django.urls import path

from apps.organisations.views import keys, organisations, projects

app_name = "organisations"
urlpatterns = [
    path("organisations/new/", organisations.new, name="new"),
    path("o/<slug:slug>/settings/", organisations.settings_page, name="settings"),
    # projects
    path("o/<slug:slug>/projects/", projects.projects, name="projects"),
    path("o/<slug:slug>/projects/new/", projects.project_new, name="project_new"),
    path("o/<slug:slug>/projects/<slug:project>/edit/", projects.project_edit, name="project_edit"),
    path("o/<slug:slug>/projects/<slug:project>/archive/", projects.project_archiving, name="project_archive"),
    path("o/<slug:slug>/members/<int:member_id>/projects/", projects.member_projects, name="member_projects"),
    # keys
    path("o/<slug:slug>/keys/", keys.keys, name="keys"),
    path("o/<slug:slug>/keys/new/", keys.key_new, name="key_new"),
    path("o/<slug:slug>/keys/<uuid:key_id>/rotate/", keys.key_rotate, name="key_rotate"),
    path("o/<slug:slug>/keys/<uuid:key_id>/revoke/", keys.key_revoke, name="key_revoke"),
]
