"""What a page can do a program can: every act of a page has its operation in the API, or a reason to have none."""

import pytest

from apps.console.access import ROUTES
from apps.console.access_kinds import Node, Staff
from tests.permissions.routes import Route, routes

# The act of a page: the operations of the API that do it, or why none does.
ACTS: dict[str, str | tuple[str, ...]] = {
    "console:language": "what a person reads is theirs; a program says Accept-Language",
    "console:view_save": "a saved view is how a person looks at a list; a program asks the list itself",
    "console:view_delete": "as above",
    "organisations:new": ("POST organisations_api:organisations",),
    "organisations:invitation": "the link of a mail proves the address to whoever opens it in a browser",
    "organisations:device": "lets a program in, so no program may",
    "organisations:device_code": "as above",
    "support:announcement_put_away": "what a person has seen on pages",
    "users:name": "a person's own account is theirs alone, in a browser",
    "users:data_export": "as above; it goes to the person by mail",
    "users:account_erase": "as above, with a fresh proof that it is them",
    "organisations:programs": "a person ends what programs may; a program ends itself by /identity/o/api/revoke",
    "organisations:settings": ("PATCH organisations_api:organisation",),
    "organisations:sign_in": "the way in by a browser",
    "organisations:sign_in_policy": "whoever sets it must be inside by it, which a browser's session alone shows",
    "organisations:provider": "as above",
    "organisations:provider_remove": "as above",
    "organisations:domain_new": ("POST organisations_api:domains",),
    "organisations:domain_check": ("POST organisations_api:domain_check",),
    "organisations:domain_join": ("PATCH organisations_api:domain",),
    "organisations:domain_remove": ("POST organisations_api:domain_remove",),
    "organisations:project_new": ("POST organisations_api:projects",),
    "organisations:project_edit": ("PATCH organisations_api:project",),
    "organisations:project_archive": ("PATCH organisations_api:project",),
    "organisations:member_projects": ("PUT organisations_api:member_projects",),
    "organisations:key_new": ("POST organisations_api:keys",),
    "organisations:key_rotate": ("POST organisations_api:key_rotate",),
    "organisations:key_revoke": ("POST organisations_api:key_revoke",),
    "organisations:approval_decide": ("POST organisations_api:approval_decide",),
    "organisations:approval_withdraw": ("POST organisations_api:approval_withdraw",),
    "organisations:approval_limits": ("PATCH organisations_api:approval_limits",),
    "organisations:approval_link": ("POST organisations_api:approval_decide",),
    "organisations:audit_retention": ("PUT organisations_api:audit_retention",),
    "organisations:close": "the end of a house, with a fresh proof of its owner and its name typed",
    "organisations:ownership": "gives the house away, with a fresh proof of its owner and its name typed",
    "organisations:leave": "a person's own place, which nothing brings back but an invitation",
    "organisations:terms": ("POST organisations_api:terms",),
    "organisations:invite": ("POST organisations_api:invitations",),
    "organisations:invite_many": ("POST organisations_api:invitations_many",),
    "organisations:member_role": ("PATCH organisations_api:member",),
    "organisations:member_remove": ("POST organisations_api:member_remove",),
    "organisations:invitation_resend": ("POST organisations_api:invitation_resend",),
    "organisations:invitation_revoke": ("POST organisations_api:invitation_revoke",),
    "billing:cap_set": ("PUT billing_api:caps",),
    "billing:cap_remove": ("DELETE billing_api:cap",),
    "billing:budget_set": ("PUT billing_api:budgets",),
    "billing:budget_remove": ("DELETE billing_api:budget",),
    "billing:voucher": ("POST billing_api:vouchers",),
    "billing:move": ("POST billing_api:moves",),
    "billing:alerts": ("PUT billing_api:balance_alert",),
    "billing:invoice_send": ("POST billing_api:invoice_send",),
    "billing:details": ("PATCH billing_api:details",),
    "billing:vat_check": ("POST billing_api:vat_check",),
    "notifications:choices": ("PATCH notifications_api:choices",),
    "notifications:unsubscribe": ("PATCH notifications_api:choices",),
    "notifications:notices_mark": ("POST notifications_api:notices_read",),
    "notifications:notice_mark": ("POST notifications_api:notice_read",),
    "notifications:webhook_new": ("POST notifications_api:webhooks",),
    "notifications:webhook_edit": ("PATCH notifications_api:webhook",),
    "notifications:webhook_rotate": ("POST notifications_api:webhook_rotate",),
    "notifications:webhook_test": ("POST notifications_api:webhook_test", "POST notifications_api:chat_test"),
    "notifications:webhook_turn": ("PATCH notifications_api:webhook", "PATCH notifications_api:chat"),
    "notifications:webhook_replay": ("POST notifications_api:webhook_replay",),
    "notifications:webhook_remove": ("DELETE notifications_api:webhook", "DELETE notifications_api:chat"),
    "notifications:delivery_resend": ("POST notifications_api:delivery_resend",),
    "notifications:chat_new": ("POST notifications_api:chats",),
    "notifications:chat_edit": ("PATCH notifications_api:chat",),
    "payments:stripe_webhook": "Stripe alone calls it",
    "payments:refund_ask": ("POST payments_api:refund_ask",),
    "payments:topup_start": ("POST payments_api:topups",),
    "payments:automatic": ("PUT payments_api:automatic",),
    "payments:automatic_off": ("PUT payments_api:automatic",),
    "payments:card_add": "a person shows a card on Stripe's page; `keep_card` of a top-up keeps the one that paid",
    "payments:card_default": ("POST payments_api:card_default",),
    "payments:card_remove": ("POST payments_api:card_remove",),
    "jobs:new": ("POST jobs_api:jobs",),
    "jobs:estimate": ("POST jobs_api:jobs",),
    "jobs:stop": ("POST jobs_api:stop",),
    "jobs:stop_many": ("POST jobs_api:stop",),
    "jobs:extend": ("POST jobs_api:extend",),
    "jobs:restart": ("POST jobs_api:restart",),
    "jobs:project": ("PATCH jobs_api:job",),
    "jobs:rename": ("PATCH jobs_api:job",),
    "jobs:relabel": ("POST jobs_api:relabel",),
    "jobs:policy": ("PATCH jobs_api:policy",),
    "jobs:note_add": ("POST jobs_api:notes",),
    "jobs:note_edit": ("PATCH jobs_api:note",),
    "jobs:note_delete": ("DELETE jobs_api:note",),
    "jobs:log_keeping": ("PUT jobs_api:log_keeping",),
    "jobs:template_new": ("POST jobs_api:templates",),
    "jobs:template_edit": ("POST jobs_api:template_versions",),
    "jobs:template_archive": ("POST jobs_api:template_archive",),
    "jobs:template_unarchive": ("POST jobs_api:template_unarchive",),
    "jobs:template_restore": ("POST jobs_api:template_restore",),
    "support:feedback": ("POST support_api:feedback",),
    "support:ticket_new": ("POST support_api:tickets",),
    "support:ticket": ("POST support_api:ticket_reply",),
    "support:visit_revoke": ("POST support_api:visit_revoke",),
}


def acting(route: Route) -> bool:
    """Return whether a page of customers changes something there; staff and nodes have ways of their own."""
    kinds = [access for method, access in ROUTES.get(route.name, {}).items() if method != "GET"]
    return not route.api and any(not isinstance(access, Staff | Node) for access in kinds)


@pytest.mark.parametrize("name", sorted(route.name for route in routes() if acting(route)))
def test_an_act_of_a_page_is_an_operation_of_the_api_or_has_a_reason(name: str) -> None:
    assert name in ACTS, f'{name}: add its operation to the API and a line to ACTS, such as ("POST app_api:name",)'
    found = ACTS[name]
    if not isinstance(found, str):
        offered = {f"{method} {route}" for route, methods in ROUTES.items() for method in methods}
        assert set(found) <= offered


def test_what_has_a_line_is_a_page_that_acts() -> None:
    assert set(ACTS) == {route.name for route in routes() if acting(route)}
