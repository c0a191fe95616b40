"""How many questions each page asks the database: pinned, so that none grows unseen.

Lines of many rows are in the scene (30 jobs, 10 holds, a trail), so that a question per row shows at once. After a
change that is meant: `QUERIES=write pytest tests/console/test_queries.py` prints the table anew.
"""

import os

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.journeys.pages import pages_make
from tests.world import World

KNOWN = {
    "home": 20,
    "jobs": 10,
    "jobs-none-fits": 10,
    "launch": 15,
    "launch-template": 16,
    "launch-container": 14,
    "launch-definition": 16,
    "templates": 8,
    "templates-none-fits": 8,
    "template": 8,
    "template-own": 9,
    "template-version": 14,
    "template-edit": 6,
    "template-new": 5,
    "job-completed": 13,
    "job-failed": 13,
    "job-pending": 12,
    "job-queued": 12,
    "job-running": 12,
    "job-stopped": 13,
    "job-parked": 12,
    "job-talking": 12,
    "job-results": 13,
    "job-relabel": 8,
    "job-stop": 6,
    "job-policy": 6,
    "job-extend": 6,
    "job-restart": 7,
    "job-name": 6,
    "job-project": 7,
    "job-log": 7,
    "job-log-search": 8,
    "logs": 6,
    "logs-found": 10,
    "settings": 7,
    "settings-owner": 6,
    "settings-close": 10,
    "settings-terms": 6,
    "settings-logs": 6,
    "members": 8,
    "member-remove": 6,
    "invitations": 7,
    "invite": 6,
    "invite-many": 5,
    "invitation": 4,
    "organisation-new": 2,
    "billing": 9,
    "movements": 7,
    "holds": 7,
    "holds-none-fits": 7,
    "credits": 14,
    "usage": 9,
    "usage-by-member": 9,
    "caps": 19,
    "invoices": 7,
    "credit-notes": 7,
    "refunds": 13,
    "statements": 7,
    "billing-details": 5,
    "top-up": 12,
    "top-ups": 7,
    "cards": 7,
    "card-remove": 6,
    "automatic": 13,
    "top-up-asking": 6,
    "top-up-paid": 8,
    "top-up-waiting": 6,
    "top-up-cancelled": 6,
    "top-up-processing": 7,
    "top-up-expired": 6,
    "top-up-failed": 6,
    "top-up-parked": 6,
    "card-setup-kept": 6,
    "card-setup-awaited": 6,
    "card-setup-none": 6,
    "account-email": 5,
    "account-password": 2,
    "account-mfa": 4,
    "account-logout": 2,
    "job-not-found": 6,
    "other-organisation": 5,
    "approvals": 8,
    "approval-waiting": 7,
    "approval-again": 7,
    "approval-denied": 6,
    "audit": 9,
    "audit-none-fits": 9,
    "audit-event": 6,
    "search": 10,
    "search-none-fits": 10,
    "notices": 9,
    "notices-none-fits": 7,
    "notice-choices": 6,
    "webhooks": 6,
    "webhook": 7,
    "webhook-delivery": 8,
    "webhook-new": 5,
    "channel": 7,
    "channel-new": 6,
    "channel-change": 7,
    "keys": 7,
    "keys-none-fits": 7,
    "key-new": 6,
    "key-rotate": 6,
    "key-revoke": 6,
    "projects": 6,
    "project": 9,
    "project-empty": 9,
    "project-new": 5,
    "project-edit": 6,
    "member-projects": 8,
    "budget-remove": 6,
    "job-stop-many": 6,
    "job-note-edit": 7,
    "job-note-delete": 7,
    "webhook-edit": 6,
    "webhook-rotate": 6,
    "webhook-remove": 6,
    "programs": 3,
    "device": 2,
    "leave": 5,
    "tickets": 7,
    "ticket-new": 8,
    "ticket": 7,
    "feedback": 5,
    "top-up-held": 6,
    "your-data": 2,
    "your-name": 2,
    "cap-remove": 7,
    "account-app": 7,
    "account-passkey-add": 8,
    "account-sessions": 3,
    "account-others": 4,
    "account-sure": 8,
    "sign-in-settings": 7,
    "sign-in-provider": 6,
    "staff-access": 6,
}


@pytest.mark.long
def test_every_page_asks_as_often_as_it_is_known_to(world: World) -> None:
    made, olga = pages_make(world), world.client(world.olga)
    asked = {}
    for name, path in made.closed.items():
        olga.get(path)  # what is remembered after the first look
        with CaptureQueriesContext(connection) as queries:
            olga.get(path)
        asked[name] = len(queries)
    if os.environ.get("QUERIES") == "write":
        print("\n" + "\n".join(f'    "{name}": {count},' for name, count in asked.items()))
    other = {
        name: (asked.get(name), KNOWN.get(name)) for name in asked | KNOWN if asked.get(name) != KNOWN.get(name)
    }
    assert not other, f"asked, and known: {other}"
