from django.urls import path

from apps.organisations.api import keys, organisations, projects, whoami

app_name = "organisations_api"
urlpatterns = [
    path("whoami", whoami.WhoAmI.as_view(), name="whoami"),
    path("organisations", organisations.Organisations.as_view(), name="organisations"),
    path("organisations/<slug:slug>", organisations.OneOrganisation.as_view(), name="organisation"),
    path("organisations/<slug:slug>/members", organisations.Members.as_view(), name="members"),
    path("organisations/<slug:slug>/projects", projects.Projects.as_view(), name="projects"),
    path("organisations/<slug:slug>/projects/<slug:project>", projects.OneProject.as_view(), name="project"),
    path("organisations/<slug:slug>/keys", keys.Keys.as_view(), name="keys"),
    path("organisations/<slug:slug>/keys/<uuid:key_id>", keys.OneKey.as_view(), name="key"),
    path("organisations/<slug:slug>/keys/<uuid:key_id>/rotate", keys.KeyRotate.as_view(), name="key_rotate"),
    path("organisations/<slug:slug>/keys/<uuid:key_id>/revoke", keys.KeyRevoke.as_view(), name="key_revoke"),
]
