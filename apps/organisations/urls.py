from django.urls import path

from apps.organisations.views import (
    acceptance,
    approvals,
    audit,
    invitations,
    keys,
    members,
    organisations,
    projects,
    sign_in,
    sign_ins,
    terms,
)

app_name = "organisations"
urlpatterns = [
    path("organisations/new/", organisations.new, name="new"),
    path("invitations/<str:token>/", acceptance.invitation, name="invitation"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("identity/o/device", sign_ins.device, name="device"),
    path("identity/o/api/device/code", sign_ins.device_code, name="device_code"),
    path("account/programs/", sign_ins.programs, name="programs"),
    path("terms/", terms.terms_public, name="terms_public"),
    # settings
    path("o/<slug:slug>/settings/", organisations.settings_page, name="settings"),
    path("o/<slug:slug>/settings/sign-in/", sign_in.sign_in_settings, name="sign_in_settings"),
    path("o/<slug:slug>/settings/sign-in/rules/", sign_in.policy, name="sign_in_policy"),
    path("o/<slug:slug>/settings/sign-in/provider/", sign_in.provider_page, name="provider"),
    path("o/<slug:slug>/settings/sign-in/provider/remove/", sign_in.provider_end, name="provider_remove"),
    path("o/<slug:slug>/settings/sign-in/domains/", sign_in.domain_new, name="domain_new"),
    path(
        "o/<slug:slug>/settings/sign-in/domains/<uuid:domain_id>/check/", sign_in.domain_proof, name="domain_check"
    ),
    path("o/<slug:slug>/settings/sign-in/domains/<uuid:domain_id>/join/", sign_in.domain_join, name="domain_join"),
    path(
        "o/<slug:slug>/settings/sign-in/domains/<uuid:domain_id>/remove/", sign_in.domain_end, name="domain_remove"
    ),
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
    path("o/<slug:slug>/settings/close/", organisations.close, name="close"),
    path("o/<slug:slug>/settings/owner/", members.ownership, name="ownership"),
    path("o/<slug:slug>/settings/leave/", members.leave, name="leave"),
    path("o/<slug:slug>/settings/terms/", terms.terms, name="terms"),
    # people
    path("o/<slug:slug>/members/", members.members, name="members"),
    path("o/<slug:slug>/members/invitations/", invitations.invitations, name="invitations"),
    path("o/<slug:slug>/members/invite/", invitations.invite, name="invite"),
    path("o/<slug:slug>/members/invite/many/", invitations.invite_many, name="invite_many"),
    path("o/<slug:slug>/members/<int:member_id>/role/", members.member_role, name="member_role"),
    path("o/<slug:slug>/members/<int:member_id>/remove/", members.member_end, name="member_remove"),
    path("o/<slug:slug>/invitations/<uuid:invitation_id>/resend/", invitations.resend, name="invitation_resend"),
    path("o/<slug:slug>/invitations/<uuid:invitation_id>/revoke/", invitations.revoke, name="invitation_revoke"),
    path("o/<slug:slug>/settings/approvals/", approvals.approval_list, name="approvals"),
    path("o/<slug:slug>/settings/approvals/limits/", approvals.approval_limits, name="approval_limits"),
    path("o/<slug:slug>/settings/approvals/<uuid:approval_id>/", approvals.approval_detail, name="approval"),
    path(
        "o/<slug:slug>/settings/approvals/<uuid:approval_id>/decide/",
        approvals.approval_decision,
        name="approval_decide",
    ),
    path(
        "o/<slug:slug>/settings/approvals/<uuid:approval_id>/withdraw/",
        approvals.approval_withdrawal,
        name="approval_withdraw",
    ),
    path("approvals/<str:token>/", approvals.approval_link, name="approval_link"),
    path("o/<slug:slug>/settings/audit/", audit.trail, name="audit"),
    path("o/<slug:slug>/settings/audit/retention/", audit.retention, name="audit_retention"),
    path("o/<slug:slug>/settings/audit/digests.json", audit.digests, name="audit_digests"),
    path("o/<slug:slug>/settings/audit/export.csv", audit.export_csv, name="audit_csv"),
    path("o/<slug:slug>/settings/audit/export.json", audit.export_json, name="audit_json"),
    path("o/<slug:slug>/settings/audit/<int:event_id>/", audit.event, name="audit_event"),
    path("o/<slug:slug>/settings/audit/<int:event_id>/proof.json", audit.proof, name="audit_proof"),
]
