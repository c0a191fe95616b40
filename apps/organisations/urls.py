from django.urls import path

from apps.organisations.views import acceptance, invitations, members, organisations, terms

app_name = "organisations"
urlpatterns = [
    path("organisations/new/", organisations.new, name="new"),
    path("invitations/<str:token>/", acceptance.invitation, name="invitation"),
    path("terms/", terms.terms_public, name="terms_public"),
    # settings
    path("o/<slug:slug>/settings/", organisations.settings_page, name="settings"),
    path("o/<slug:slug>/settings/close/", organisations.close, name="close"),
    path("o/<slug:slug>/settings/owner/", members.ownership, name="ownership"),
    path("o/<slug:slug>/settings/leave/", members.leave, name="leave"),
    path("o/<slug:slug>/settings/terms/", terms.terms, name="terms"),
    # people
    path("o/<slug:slug>/members/", members.members, name="members"),
    path("o/<slug:slug>/members/invite/", invitations.invite, name="invite"),
    path("o/<slug:slug>/members/invite/many/", invitations.invite_many, name="invite_many"),
    path("o/<slug:slug>/members/<int:member_id>/role/", members.member_role, name="member_role"),
    path("o/<slug:slug>/members/<int:member_id>/remove/", members.member_end, name="member_remove"),
    path("o/<slug:slug>/invitations/<uuid:invitation_id>/resend/", invitations.resend, name="invitation_resend"),
    path("o/<slug:slug>/invitations/<uuid:invitation_id>/revoke/", invitations.revoke, name="invitation_revoke"),
]
