from django.urls import path

from apps.organisations.views import approvals, audit, organisations

app_name = "organisations"
urlpatterns = [
    path("organisations/new/", organisations.new, name="new"),
    path("o/<slug:slug>/settings/", organisations.settings_page, name="settings"),
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
