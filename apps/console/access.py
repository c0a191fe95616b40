"""Who may use which address: one line per route. tests/permissions holds every view to it.

A new route needs its line here, `"app:name": {"GET": …, "POST": …}`, with one of
* a `Permission`: members whose role has it; other members get 403 with a sentence, outsiders 404;
* `SignedIn(why)`: any signed-in person, because the page shows only what is theirs;
* `Public(why)`: anybody at all, and why that is right;
* `Staff()`: the platform's own people;
* `Node(why)`: nodes of the network, who sign what they ask.
Methods that are not named answer 405.
"""

from dataclasses import dataclass

from apps.console.access_staff import STAFF
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True)
class Public:
    """Anybody may, also without signing in."""

    why: str


@dataclass(frozen=True)
class SignedIn:
    """Any signed-in person may."""

    why: str


@dataclass(frozen=True)
class Staff:
    """Only the platform's own people may."""

    why: str = "a page of the admin site"


@dataclass(frozen=True)
class Node:
    """Only a node of the network may, by its signature; no person and no key of ours opens it."""

    why: str


Access = Permission | Public | SignedIn | Staff | Node
P = Permission

ROUTES: dict[str, dict[str, Access]] = {
    # --- console
    "console:start": {"GET": Public("the front page; signed in, the way to one's organisation")},
    "console:language": {"POST": Public("everybody chooses the language they read; it changes nothing else")},
    "console:home": {"GET": P.JOBS_VIEW},
    "console:search": {"GET": P.ORGANISATION_VIEW},
    "console:view_save": {"POST": P.ORGANISATION_VIEW},
    "console:view_delete": {"POST": P.ORGANISATION_VIEW},
    "console:project": {"GET": P.ORGANISATION_VIEW},
    "console:reference": {"GET": Public("what the API is, for whoever considers it")},
    "console:openapi": {"GET": Public("as above, for programs")},
    # --- organisations
    "organisations:new": {
        "GET": SignedIn("whoever creates an organisation owns it"),
        "POST": SignedIn("whoever creates an organisation owns it"),
    },
    "organisations:invitation": {
        "GET": Public("whoever has the link was sent it; it is signed, works once and expires"),
        "POST": Public("as above; the place goes only to whom the invited address belongs"),
    },
    "organisations:device": dict.fromkeys(("GET", "POST"), SignedIn("lets a program in as the person themselves")),
    "organisations:device_code": {"POST": Public("whoever has a code can do nothing until a person confirms it")},
    "users:data": {"GET": SignedIn("says what there is about the person")},
    "users:data_export": dict.fromkeys(("GET", "POST"), SignedIn("sends the person what there is about them")),
    "users:account_erase": dict.fromkeys(("GET", "POST"), SignedIn("erases the person's own account")),
    "organisations:programs": {
        "GET": SignedIn("shows the programs the person signed in"),
        "POST": SignedIn("ends a sign-in of the person's own"),
    },
    "organisations:terms_public": {"GET": Public("terms are for everybody to read")},
    "organisations:settings": {"GET": P.ORGANISATION_VIEW, "POST": P.ORGANISATION_EDIT},
    "organisations:sign_in": {
        "GET": Public("the way in by an organisation's own sign-in"),
        "POST": Public("as above; it leads to the sign-in of whoever proved the address's domain"),
    },
    "organisations:sign_in_settings": {"GET": P.ORGANISATION_EDIT},
    "organisations:sign_in_policy": {"POST": P.ORGANISATION_EDIT},
    **{f"organisations:domain_{act}": {"POST": P.ORGANISATION_EDIT} for act in ("new", "check", "join", "remove")},
    **{f"organisations_api:domain_{act}": {"POST": P.ORGANISATION_EDIT} for act in ("check", "remove")},
    "organisations_api:sign_in": {"GET": P.ORGANISATION_EDIT},
    "organisations_api:domains": {"GET": P.ORGANISATION_EDIT, "POST": P.ORGANISATION_EDIT},
    "organisations_api:domain": {"GET": P.ORGANISATION_EDIT, "PATCH": P.ORGANISATION_EDIT},
    "organisations:provider": {"GET": P.ORGANISATION_CLOSE, "POST": P.ORGANISATION_CLOSE},
    "organisations:provider_remove": {"POST": P.ORGANISATION_CLOSE},
    "organisations:projects": {"GET": P.ORGANISATION_VIEW},
    "organisations:project_new": {"GET": P.PROJECTS_MANAGE, "POST": P.PROJECTS_MANAGE},
    "organisations:project_edit": {"GET": P.PROJECTS_MANAGE, "POST": P.PROJECTS_MANAGE},
    "organisations:project_archive": {"POST": P.PROJECTS_MANAGE},
    "organisations:member_projects": {"GET": P.MEMBERS_MANAGE, "POST": P.MEMBERS_MANAGE},
    "organisations:keys": {"GET": P.KEYS_MANAGE},
    "organisations:key_new": {"GET": P.KEYS_MANAGE, "POST": P.KEYS_MANAGE},
    "organisations:key_rotate": {"GET": P.KEYS_MANAGE, "POST": P.KEYS_MANAGE},
    "organisations:key_revoke": {"GET": P.KEYS_MANAGE, "POST": P.KEYS_MANAGE},
    "organisations_api:whoami": {"GET": SignedIn("says who the caller is, and nothing of anybody else")},
    "organisations_api:organisations": {"GET": SignedIn("lists the caller's own organisations")},
    "organisations_api:organisation": {"GET": P.ORGANISATION_VIEW, "PATCH": P.ORGANISATION_EDIT},
    "organisations_api:terms": {"GET": P.ORGANISATION_VIEW, "POST": P.BILLING_MANAGE},
    "organisations_api:members": {"GET": P.ORGANISATION_VIEW},
    "organisations_api:member": {"GET": P.ORGANISATION_VIEW, "PATCH": P.MEMBERS_MANAGE},
    "organisations_api:member_projects": {"PUT": P.MEMBERS_MANAGE},
    "organisations_api:member_remove": {"POST": P.MEMBERS_MANAGE},
    "organisations_api:invitations": {"GET": P.MEMBERS_MANAGE, "POST": P.MEMBERS_MANAGE},
    "organisations_api:invitations_many": {"POST": P.MEMBERS_MANAGE},
    "organisations_api:invitation": {"GET": P.MEMBERS_MANAGE},
    "organisations_api:invitation_resend": {"POST": P.MEMBERS_MANAGE},
    "organisations_api:invitation_revoke": {"POST": P.MEMBERS_MANAGE},
    "organisations_api:projects": {"GET": P.ORGANISATION_VIEW, "POST": P.PROJECTS_MANAGE},
    "organisations_api:project": {"GET": P.ORGANISATION_VIEW, "PATCH": P.PROJECTS_MANAGE},
    "organisations_api:keys": {"GET": P.KEYS_MANAGE, "POST": P.KEYS_MANAGE},
    "organisations_api:key": {"GET": P.KEYS_MANAGE},
    "organisations_api:key_rotate": {"POST": P.KEYS_MANAGE},
    "organisations_api:key_revoke": {"POST": P.KEYS_MANAGE},
    "organisations:approvals": {"GET": P.ORGANISATION_VIEW},
    "organisations:approval": {"GET": P.ORGANISATION_VIEW},
    "organisations:approval_decide": {"POST": P.APPROVALS_DECIDE},
    "organisations:approval_withdraw": {"POST": P.ORGANISATION_VIEW},
    "organisations:approval_limits": {"POST": P.ORGANISATION_EDIT},
    "organisations:approval_link": {
        "GET": SignedIn("shows the request to whom the link was sent, and leads everybody else to its page"),
        "POST": SignedIn("decides for whom the link was sent to, and leads everybody else to its page"),
    },
    "organisations:audit": {"GET": P.AUDIT_VIEW},
    "organisations:audit_retention": {"POST": P.ORGANISATION_EDIT},
    "organisations:audit_digests": {"GET": P.AUDIT_VIEW},
    "organisations:audit_csv": {"GET": P.AUDIT_VIEW},
    "organisations:audit_json": {"GET": P.AUDIT_VIEW},
    "organisations:audit_event": {"GET": P.AUDIT_VIEW},
    "organisations:audit_proof": {"GET": P.AUDIT_VIEW},
    "organisations_api:approvals": {"GET": P.ORGANISATION_VIEW},
    "organisations_api:approval": {"GET": P.ORGANISATION_VIEW},
    "organisations_api:approval_decide": {"POST": P.APPROVALS_DECIDE},
    "organisations_api:approval_withdraw": {"POST": P.ORGANISATION_VIEW},
    "organisations_api:approval_limits": {"GET": P.ORGANISATION_VIEW, "PATCH": P.ORGANISATION_EDIT},
    "organisations_api:audit": {"GET": P.AUDIT_VIEW},
    "organisations_api:audit_event": {"GET": P.AUDIT_VIEW},
    "organisations_api:audit_retention": {"GET": P.AUDIT_VIEW, "PUT": P.ORGANISATION_EDIT},
    "organisations_api:audit_proof": {"GET": P.AUDIT_VIEW},
    "organisations_api:audit_digests": {"GET": P.AUDIT_VIEW},
    "organisations:close": {"GET": P.ORGANISATION_CLOSE, "POST": P.ORGANISATION_CLOSE},
    "organisations:ownership": {"GET": P.ORGANISATION_CLOSE, "POST": P.ORGANISATION_CLOSE},
    "organisations:leave": {"GET": P.ORGANISATION_VIEW, "POST": P.ORGANISATION_VIEW},
    "organisations:terms": {"GET": P.ORGANISATION_VIEW, "POST": P.BILLING_MANAGE},
    "organisations:members": {"GET": P.ORGANISATION_VIEW},
    "organisations:invitations": {"GET": P.MEMBERS_MANAGE},
    "organisations:invite": {"GET": P.MEMBERS_MANAGE, "POST": P.MEMBERS_MANAGE},
    "organisations:invite_many": {"GET": P.MEMBERS_MANAGE, "POST": P.MEMBERS_MANAGE},
    "organisations:member_role": {"POST": P.MEMBERS_MANAGE},
    "organisations:member_remove": {"GET": P.MEMBERS_MANAGE, "POST": P.MEMBERS_MANAGE},
    "organisations:invitation_resend": {"POST": P.MEMBERS_MANAGE},
    "organisations:invitation_revoke": {"POST": P.MEMBERS_MANAGE},
    # --- billing
    "billing:overview": {"GET": P.BILLING_VIEW},
    "billing:movements": {"GET": P.BILLING_VIEW},
    "billing:holds": {"GET": P.BILLING_VIEW},
    "billing:usage": {"GET": P.BILLING_VIEW},
    "billing:usage_csv": {"GET": P.BILLING_VIEW},
    "billing:caps": {"GET": P.BALANCE_VIEW},
    "billing:cap_set": {"POST": P.CAPS_MANAGE},
    "billing:cap_remove": {"GET": P.CAPS_MANAGE, "POST": P.CAPS_MANAGE},
    "billing:budget_set": {"POST": P.CAPS_MANAGE},
    "billing:budget_remove": {"GET": P.CAPS_MANAGE, "POST": P.CAPS_MANAGE},
    "billing:credits": {"GET": P.BILLING_VIEW},
    "billing:voucher": {"POST": P.BILLING_MANAGE},
    "billing:move": {"POST": P.BILLING_MANAGE},
    "billing:alerts": {"POST": P.BILLING_MANAGE},
    "billing:invoices": {"GET": P.BILLING_VIEW},
    "billing:invoice_pdf": {"GET": P.BILLING_VIEW},
    "billing:invoice_xml": {"GET": P.BILLING_VIEW},
    "billing:invoice_json": {"GET": P.BILLING_VIEW},
    "billing:invoice_send": {"POST": P.BILLING_MANAGE},
    "billing:credit_notes": {"GET": P.BILLING_VIEW},
    "billing:credit_note_pdf": {"GET": P.BILLING_VIEW},
    "billing:credit_note_xml": {"GET": P.BILLING_VIEW},
    "billing:credit_note_json": {"GET": P.BILLING_VIEW},
    "billing:statements": {"GET": P.BILLING_VIEW},
    "billing:statement_pdf": {"GET": P.BILLING_VIEW},
    "billing:statement_csv": {"GET": P.BILLING_VIEW},
    "billing:statement_json": {"GET": P.BILLING_VIEW},
    "billing:details": {"GET": P.BILLING_VIEW, "POST": P.BILLING_MANAGE},
    "billing:vat_check": {"POST": P.BILLING_MANAGE},
    "billing_api:balance": {"GET": P.BALANCE_VIEW},
    "billing_api:lots": {"GET": P.BILLING_VIEW},
    "billing_api:holds": {"GET": P.BILLING_VIEW},
    "billing_api:transfers": {"GET": P.BILLING_VIEW},
    "billing_api:vouchers": {"POST": P.BILLING_MANAGE},
    "billing_api:moves": {"POST": P.BILLING_MANAGE},
    "billing_api:balance_alert": {"GET": P.BILLING_VIEW, "PUT": P.BILLING_MANAGE},
    "billing_api:vat_check": {"GET": P.BILLING_VIEW, "POST": P.BILLING_MANAGE},
    "billing_api:invoice_send": {"POST": P.BILLING_MANAGE},
    "billing_api:credit_note_xml": {"GET": P.BILLING_VIEW},
    "payments_api:refunds": {"GET": P.BILLING_VIEW},
    "payments_api:refund_ask": {"POST": P.BILLING_MANAGE},
    "billing_api:usage": {"GET": P.BILLING_VIEW},
    "billing_api:usage_csv": {"GET": P.BILLING_VIEW},
    "billing_api:caps": {"GET": P.BALANCE_VIEW, "PUT": P.CAPS_MANAGE},
    "billing_api:cap": {"DELETE": P.CAPS_MANAGE},
    "billing_api:budgets": {"GET": P.BILLING_VIEW, "PUT": P.CAPS_MANAGE},
    "billing_api:budget": {"DELETE": P.CAPS_MANAGE},
    "billing_api:quotes": {"POST": P.BILLING_MANAGE},
    "billing_api:invoices": {"GET": P.BILLING_VIEW},
    "billing_api:invoice": {"GET": P.BILLING_VIEW},
    "billing_api:invoice_pdf": {"GET": P.BILLING_VIEW},
    "billing_api:invoice_xml": {"GET": P.BILLING_VIEW},
    "billing_api:credit_notes": {"GET": P.BILLING_VIEW},
    "billing_api:credit_note": {"GET": P.BILLING_VIEW},
    "billing_api:credit_note_pdf": {"GET": P.BILLING_VIEW},
    "billing_api:statements": {"GET": P.BILLING_VIEW},
    "billing_api:statement": {"GET": P.BILLING_VIEW},
    "billing_api:statement_pdf": {"GET": P.BILLING_VIEW},
    "billing_api:statement_csv": {"GET": P.BILLING_VIEW},
    "billing:proof": {"GET": P.BILLING_VIEW},
    "billing:digests": {"GET": Public("digests of closed days, published so that anyone can check a proof")},
    # --- notifications
    "notifications:notices": {"GET": P.ORGANISATION_VIEW},
    "notifications:bell_stream": {"GET": P.ORGANISATION_VIEW},
    "notifications:bell": {"GET": P.ORGANISATION_VIEW},
    "notifications:choices": {"GET": P.ORGANISATION_VIEW, "POST": P.ORGANISATION_VIEW},
    "notifications:unsubscribe": {
        "GET": Public("the signed link of a mail, which shows what it would end"),
        "POST": Public("the signed link of a mail ends mails like it, without signing in (RFC 8058)"),
    },
    "notifications:notices_mark": {"POST": P.ORGANISATION_VIEW},
    "notifications:notice": {"GET": P.ORGANISATION_VIEW},
    "notifications:notice_mark": {"POST": P.ORGANISATION_VIEW},
    "notifications:webhooks": {"GET": P.WEBHOOKS_MANAGE},
    "notifications:webhook_new": {"GET": P.WEBHOOKS_MANAGE, "POST": P.WEBHOOKS_MANAGE},
    "notifications:chat_new": {"GET": P.WEBHOOKS_MANAGE, "POST": P.WEBHOOKS_MANAGE},
    "notifications:chat_edit": {"GET": P.WEBHOOKS_MANAGE, "POST": P.WEBHOOKS_MANAGE},
    "notifications:webhook": {"GET": P.WEBHOOKS_MANAGE},
    "notifications:webhook_edit": {"GET": P.WEBHOOKS_MANAGE, "POST": P.WEBHOOKS_MANAGE},
    "notifications:webhook_rotate": {"GET": P.WEBHOOKS_MANAGE, "POST": P.WEBHOOKS_MANAGE},
    "notifications:webhook_test": {"POST": P.WEBHOOKS_MANAGE},
    "notifications:webhook_turn": {"POST": P.WEBHOOKS_MANAGE},
    "notifications:webhook_replay": {"POST": P.WEBHOOKS_MANAGE},
    "notifications:webhook_remove": {"GET": P.WEBHOOKS_MANAGE, "POST": P.WEBHOOKS_MANAGE},
    "notifications:delivery": {"GET": P.WEBHOOKS_MANAGE},
    "notifications:delivery_resend": {"POST": P.WEBHOOKS_MANAGE},
    "notifications_api:notices": {"GET": P.ORGANISATION_VIEW},
    "notifications_api:notices_read": {"POST": P.ORGANISATION_VIEW},
    "notifications_api:notice_read": {"POST": P.ORGANISATION_VIEW},
    "notifications_api:choices": {"GET": P.ORGANISATION_VIEW, "PATCH": P.ORGANISATION_VIEW},
    "notifications_api:chats": {"GET": P.WEBHOOKS_MANAGE, "POST": P.WEBHOOKS_MANAGE},
    "notifications_api:chat": {"GET": P.WEBHOOKS_MANAGE, "PATCH": P.WEBHOOKS_MANAGE, "DELETE": P.WEBHOOKS_MANAGE},
    "notifications_api:chat_test": {"POST": P.WEBHOOKS_MANAGE},
    "notifications_api:events": {"GET": P.WEBHOOKS_MANAGE},
    "notifications_api:event_types": {"GET": P.WEBHOOKS_MANAGE},
    "notifications_api:webhooks": {"GET": P.WEBHOOKS_MANAGE, "POST": P.WEBHOOKS_MANAGE},
    "notifications_api:webhook": {
        "GET": P.WEBHOOKS_MANAGE,
        "PATCH": P.WEBHOOKS_MANAGE,
        "DELETE": P.WEBHOOKS_MANAGE,
    },
    "notifications_api:webhook_rotate": {"POST": P.WEBHOOKS_MANAGE},
    "notifications_api:webhook_test": {"POST": P.WEBHOOKS_MANAGE},
    "notifications_api:webhook_replay": {"POST": P.WEBHOOKS_MANAGE},
    "notifications_api:deliveries": {"GET": P.WEBHOOKS_MANAGE},
    "notifications_api:delivery": {"GET": P.WEBHOOKS_MANAGE},
    "notifications_api:delivery_resend": {"POST": P.WEBHOOKS_MANAGE},
    # --- payments
    "payments:stripe_webhook": {
        "POST": Public("Stripe signs what it sends; without its signature nothing is kept")
    },
    "admin:payments_dispute_evidence": {"GET": Staff()},
    "payments:refunds": {"GET": P.BILLING_VIEW},
    "payments:refund_ask": {"POST": P.BILLING_MANAGE},
    "payments:topup": {"GET": P.BILLING_MANAGE},
    "payments:topups": {"GET": P.BILLING_MANAGE},
    "payments:topup_start": {"POST": P.BILLING_MANAGE},
    "payments:topup_detail": {"GET": P.BILLING_MANAGE},
    "payments:automatic": {"GET": P.BILLING_VIEW, "POST": P.BILLING_MANAGE},
    "payments:automatic_off": {"POST": P.BILLING_MANAGE},
    "payments:cards": {"GET": P.BILLING_VIEW},
    "payments:card_add": {"POST": P.BILLING_MANAGE},
    "payments:card_setup": {"GET": P.BILLING_MANAGE},
    "payments:card_default": {"POST": P.BILLING_MANAGE},
    "payments:card_remove": {"GET": P.BILLING_MANAGE, "POST": P.BILLING_MANAGE},
    "payments_api:cards": {"GET": P.BILLING_VIEW},
    "payments_api:card_default": {"POST": P.BILLING_MANAGE},
    "payments_api:card_remove": {"POST": P.BILLING_MANAGE},
    "payments_api:automatic": {"GET": P.BILLING_VIEW, "PUT": P.BILLING_MANAGE},
    "payments_api:topups": {"GET": P.BILLING_VIEW, "POST": P.BILLING_MANAGE},
    "payments_api:topup": {"GET": P.BILLING_VIEW},
    # --- jobs
    "jobs_api:markets": {"GET": SignedIn("markets are the same for everybody")},
    "jobs_api:market": {"GET": SignedIn("markets are the same for everybody")},
    "jobs:list": {"GET": P.JOBS_VIEW},
    "jobs:launch_link": {"GET": SignedIn("leads to the launch page of the person's own organisation")},
    "jobs:list_csv": {"GET": P.JOBS_VIEW},
    "jobs:list_stream": {"GET": P.JOBS_VIEW},
    "jobs:stop_many": {"GET": P.JOBS_STOP, "POST": P.JOBS_STOP},
    "jobs:new": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:policy": {"GET": P.ORGANISATION_VIEW, "POST": P.ORGANISATION_EDIT},
    "jobs:estimate": {"POST": P.JOBS_LAUNCH},
    "jobs:detail": {"GET": P.JOBS_VIEW},
    "jobs:stop": {"GET": P.JOBS_STOP, "POST": P.JOBS_STOP},
    "jobs:extend": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:project": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:relabel": {"GET": P.BILLING_MANAGE, "POST": P.BILLING_MANAGE},
    "jobs:restart": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:rename": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:note_add": {"POST": P.JOBS_LAUNCH},
    "jobs:note_edit": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:note_delete": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:services": {"GET": P.JOBS_VIEW},
    "jobs:figures": {"GET": P.JOBS_VIEW},
    "jobs:definition": {"GET": P.JOBS_VIEW},
    "jobs:results": {"GET": P.JOBS_VIEW},
    "jobs:result": {"GET": P.JOBS_VIEW},
    "jobs:logs": {"GET": P.JOBS_VIEW},
    "jobs:stream": {"GET": P.JOBS_VIEW},
    "jobs:log": {"GET": P.JOBS_VIEW},
    "jobs:log_json": {"GET": P.JOBS_VIEW},
    "jobs:log_search": {"GET": P.JOBS_VIEW},
    "jobs:log_keeping": {"GET": P.ORGANISATION_VIEW, "POST": P.ORGANISATION_EDIT},
    "jobs_api:jobs": {"GET": P.JOBS_VIEW, "POST": P.JOBS_LAUNCH},
    "jobs_api:job": {"GET": P.JOBS_VIEW, "PATCH": P.JOBS_LAUNCH},
    "jobs_api:stop": {"POST": P.JOBS_STOP},
    "jobs_api:extend": {"POST": P.JOBS_LAUNCH},
    "jobs_api:restart": {"POST": P.JOBS_LAUNCH},
    "jobs_api:notes": {"GET": P.JOBS_VIEW, "POST": P.JOBS_LAUNCH},
    "jobs_api:note": {"PATCH": P.JOBS_LAUNCH, "DELETE": P.JOBS_LAUNCH},
    "jobs_api:events": {"GET": P.JOBS_VIEW},
    "jobs_api:attempts": {"GET": P.JOBS_VIEW},
    "jobs_api:result": {"GET": P.JOBS_VIEW},
    "jobs_api:result_file": {"GET": P.JOBS_VIEW},
    "jobs_api:log": {"GET": P.JOBS_VIEW},
    "jobs:templates": {"GET": P.JOBS_VIEW},
    "jobs:template_new": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:template": {"GET": P.JOBS_VIEW},
    "jobs:template_edit": {"GET": P.JOBS_LAUNCH, "POST": P.JOBS_LAUNCH},
    "jobs:template_archive": {"POST": P.JOBS_LAUNCH},
    "jobs:template_unarchive": {"POST": P.JOBS_LAUNCH},
    "jobs:template_version": {"GET": P.JOBS_VIEW},
    "jobs:template_restore": {"POST": P.JOBS_LAUNCH},
    "jobs_api:templates": {"GET": P.JOBS_VIEW, "POST": P.JOBS_LAUNCH},
    "jobs_api:template": {"GET": P.JOBS_VIEW},
    "jobs_api:template_versions": {"GET": P.JOBS_VIEW, "POST": P.JOBS_LAUNCH},
    "jobs_api:template_version": {"GET": P.JOBS_VIEW},
    "jobs_api:template_restore": {"POST": P.JOBS_LAUNCH},
    "jobs_api:template_archive": {"POST": P.JOBS_LAUNCH},
    "jobs_api:template_unarchive": {"POST": P.JOBS_LAUNCH},
    "jobs_api:log_text": {"GET": P.JOBS_VIEW},
    "jobs_api:log_json": {"GET": P.JOBS_VIEW},
    "jobs_api:log_stream": {"GET": P.JOBS_VIEW},
    "jobs_api:policy": {"GET": P.ORGANISATION_VIEW, "PATCH": P.ORGANISATION_EDIT},
    "jobs_api:log_keeping": {"GET": P.ORGANISATION_VIEW, "PUT": P.ORGANISATION_EDIT},
    # --- bridge
    "bridge:definition": {"GET": Node("of a private job, for the node that holds its run")},
    "bridge:result": {"POST": Node("as above, once")},
    # --- support
    "support:feedback": {"GET": P.ORGANISATION_VIEW, "POST": P.ORGANISATION_VIEW},
    **{name: {how: Staff(why) for how, why in whys.items()} for name, whys in STAFF.items()},
    "support:visits": {"GET": Staff("one's own visits"), "POST": Staff("asks an organisation for one")},
    "support:visits_of": {"GET": P.AUDIT_VIEW},
    "support:visit_revoke": {"POST": P.APPROVALS_DECIDE},
}


def may(role: Role, access: Access) -> bool:
    """Return whether a member with the role may."""
    if isinstance(access, Permission):
        return access in ROLE_PERMISSIONS[role]
    return not isinstance(access, Staff | Node)


def matrix_text() -> str:
    """Return roles by permission, then routes by role, then every public route with its reason, as aligned text."""
    roles = "".join(f"{role:>11}" for role in Role)
    lines = [f"{'permission':<44}{roles}"]
    lines += [f"{permission:<44}{_marks(permission)}" for permission in Permission]
    lines += ["", f"{'route':<44}{roles}  needs"]
    for name, methods in ROUTES.items():
        for method, access in methods.items():
            lines.append(f"{method:<7}{name:<37}{_marks(access)}  {_needs(access)}")
    lines += ["", "public, on purpose"]
    for name, methods in ROUTES.items():
        lines += [f"{m:<7}{name:<37} {a.why}" for m, a in methods.items() if isinstance(a, Public)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _marks(access: Access) -> str:
    return "".join(f"{'x' if may(role, access) else '.':>11}" for role in Role)


def _needs(access: Access) -> str:
    return access.value if isinstance(access, Permission) else type(access).__name__.lower()
