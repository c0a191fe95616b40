from django.urls import path

from apps.organisations.api import approvals, audit, keys, organisations, projects, whoami

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
    path("organisations/<slug:slug>/approvals", approvals.Approvals.as_view(), name="approvals"),
    path(
        "organisations/<slug:slug>/approvals/<uuid:approval_id>", approvals.OneApproval.as_view(), name="approval"
    ),
    path(
        "organisations/<slug:slug>/approvals/<uuid:approval_id>/decide",
        approvals.ApprovalDecide.as_view(),
        name="approval_decide",
    ),
    path(
        "organisations/<slug:slug>/approvals/<uuid:approval_id>/withdraw",
        approvals.ApprovalWithdraw.as_view(),
        name="approval_withdraw",
    ),
    path("organisations/<slug:slug>/audit", audit.Trail.as_view(), name="audit"),
    path("organisations/<slug:slug>/audit/<int:event_id>/proof", audit.Proof.as_view(), name="audit_proof"),
    path("organisations/<slug:slug>/audit/digests", audit.Digests.as_view(), name="audit_digests"),
]
