from django.urls import path

from apps.organisations.api import approvals, audit, keys, organisations, people, projects, sign_in, whoami

app_name = "organisations_api"
urlpatterns = [
    path("whoami", whoami.WhoAmI.as_view(), name="whoami"),
    path("organisations", organisations.Organisations.as_view(), name="organisations"),
    path("organisations/<slug:slug>", organisations.OneOrganisation.as_view(), name="organisation"),
    path("organisations/<slug:slug>/terms", organisations.Terms.as_view(), name="terms"),
    path("organisations/<slug:slug>/members", people.Members.as_view(), name="members"),
    path("organisations/<slug:slug>/members/<int:member_id>", people.OneMember.as_view(), name="member"),
    path(
        "organisations/<slug:slug>/members/<int:member_id>/projects",
        people.OnesProjects.as_view(),
        name="member_projects",
    ),
    path(
        "organisations/<slug:slug>/members/<int:member_id>/remove",
        people.MemberRemove.as_view(),
        name="member_remove",
    ),
    path("organisations/<slug:slug>/invitations", people.Invitations.as_view(), name="invitations"),
    path("organisations/<slug:slug>/invitations/many", people.InvitationsMany.as_view(), name="invitations_many"),
    path(
        "organisations/<slug:slug>/invitations/<uuid:invitation_id>",
        people.OneInvitation.as_view(),
        name="invitation",
    ),
    path(
        "organisations/<slug:slug>/invitations/<uuid:invitation_id>/resend",
        people.InvitationResend.as_view(),
        name="invitation_resend",
    ),
    path(
        "organisations/<slug:slug>/invitations/<uuid:invitation_id>/revoke",
        people.InvitationRevoke.as_view(),
        name="invitation_revoke",
    ),
    path("organisations/<slug:slug>/sign-in", sign_in.SignInRules.as_view(), name="sign_in"),
    path("organisations/<slug:slug>/domains", sign_in.Domains.as_view(), name="domains"),
    path("organisations/<slug:slug>/domains/<uuid:domain_id>", sign_in.OneDomain.as_view(), name="domain"),
    path(
        "organisations/<slug:slug>/domains/<uuid:domain_id>/check",
        sign_in.DomainCheck.as_view(),
        name="domain_check",
    ),
    path(
        "organisations/<slug:slug>/domains/<uuid:domain_id>/remove",
        sign_in.DomainRemove.as_view(),
        name="domain_remove",
    ),
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
    path("organisations/<slug:slug>/approval-limits", approvals.Limits.as_view(), name="approval_limits"),
    path("organisations/<slug:slug>/audit", audit.Trail.as_view(), name="audit"),
    path("organisations/<slug:slug>/audit/<int:event_id>/proof", audit.Proof.as_view(), name="audit_proof"),
    path("organisations/<slug:slug>/audit/<int:event_id>", audit.OneEvent.as_view(), name="audit_event"),
    path("organisations/<slug:slug>/audit/retention", audit.RetentionDays.as_view(), name="audit_retention"),
    path("organisations/<slug:slug>/audit/digests", audit.Digests.as_view(), name="audit_digests"),
]
