"""The list of pages: what `make screenshots` takes pictures of, what axe looks at, and the rows they show."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from apps.billing.models import InvoiceDue
from apps.billing.services import credit_note_due, credit_note_issue, invoice_issue, statement_close
from apps.bridge.models import TreasuryReading
from apps.jobs.models import Job
from apps.organisations.models import Organisation
from apps.organisations.roles import Role
from apps.payments.models import Dispute, Refund
from apps.users.models import User
from tests.billing.money import topup
from tests.console.jobs_scene import jobs_make
from tests.console.oversight import oversight_make
from tests.console.scene import limits_make, lots_make, scene_make
from tests.jobs.recipes import template_changed, template_make
from tests.journeys.dialogs import Opening, openings
from tests.journeys.factors import secured_make
from tests.journeys.further import further_pages
from tests.notifications.scene import notices_scene
from tests.organisations.people import invitation_token, invited, member
from tests.organisations.sso import sign_in_scene
from tests.payments.scene import cards_make, topups_make
from tests.permissions.money import refundable_of
from tests.support.scene import feedback_of, item_of, thread_of
from tests.world import World, signed_in_mark

OPEN_PAGES = {
    "front": "/",
    "signup": "/accounts/signup/",
    "login": "/accounts/login/",
    "password-reset": "/accounts/password/reset/",
    "password-reset-done": "/accounts/password/reset/done/",
    "sign-in-organisation": "/sign-in/",
    "not-found": "/nowhere/",
    "reference": "/docs/api/",
    "guides": "/docs/guides/",
    "guide": "/docs/guides/start/",
    "guide-launch": "/docs/guides/launch/",
}
STAFF_PAGES = {
    "staff-desk": "/admin/",
    "staff-search": "/admin/search/?q=acme",
    "staff-treasury": "/admin/treasury/",
    "staff-tickets": "/admin/tickets/",
    "staff-early": "/admin/early/",
    "staff-reconciliation": "/admin/reconciliation/",
    "staff-reconciliation-items": "/admin/reconciliation/items/",
    "staff-months": "/admin/months/",
    "staff-markets": "/admin/jobs/market/",
    "staff-orders": "/admin/bridge/order/",
    "staff-attempts": "/admin/jobs/attempt/",
    "staff-visits": "/admin/visits/",
    "staff-people": "/admin/staff/",
}
ACCOUNT_PAGES = {
    "account-email": "/accounts/email/",
    "account-app": "/accounts/2fa/totp/activate/",
    "account-passkey-add": "/accounts/2fa/webauthn/add/",
    "account-sessions": "/accounts/sessions/",
    "account-others": "/accounts/3rdparty/",
    "account-sure": "/accounts/reauthenticate/",
    "sign-in-settings": "/o/acme/settings/sign-in/",
    "sign-in-provider": "/o/acme/settings/sign-in/provider/",
    "staff-access": "/o/acme/settings/staff-access/",
}


SEARCHES = {
    "search": "/o/acme/search/?q=embeddings",
    "search-none-fits": "/o/acme/search/?q=nothing+like+it",
}


@dataclass(frozen=True)
class Pages:
    """Addresses by name: those for anybody, and those of Acme, which the person with the e-mail address may open."""

    opened: dict[str, str]
    closed: dict[str, str]
    email: str = "olga@acme.example"
    staff: dict[str, str] = field(default_factory=dict)  # for the platform's own people
    staff_email: str = "stella@nosana-web.example"
    openings: dict[str, Opening] = field(default_factory=dict)  # what opens on them
    others: dict[str, dict[str, str]] = field(
        default_factory=dict
    )  # what others of Acme see, by their e-mail address


YOURS = {"your-name": "/account/name/", "your-data": "/account/data/"}


def pages_make(world: World) -> Pages:
    """Fill the database with what the pages show; return the pages."""
    olga = world.acme.memberships.get(user=world.olga)
    people = people_make(world) | cards_make(olga) | topups_make(olga)
    jobs = scene_make(world.acme, world.olga) | jobs_make(olga)
    shown = pages(jobs, people) | oversight_pages(oversight_make(world)) | SEARCHES | YOURS
    limits_make(olga)
    lots_make(olga)
    refunds_make(world.acme)
    documents_make(world.acme)
    told = notices_scene(world)
    entrances = OPEN_PAGES | {"unsubscribe": told.pop("open"), "terms": "/terms/"}
    entrances["invitation-new"] = f"/invitations/{people['token']}/"
    explained = {
        "staff-organisation": f"/admin/organisation/{world.acme.pk}/",
        **{
            f"staff-organisation-{act}": f"/admin/organisation/{world.acme.pk}/{act}/"
            for act in ("freeze", "cap", "limits", "trial", "resend")
        },
        "staff-ticket": f"/admin/tickets/{thread_of(world.acme).pk}/",
        "staff-feedback": f"/admin/early/feedback/{feedback_of(world.acme).pk}/",
        "staff-reconciliation-item": f"/admin/reconciliation/items/{item_of(world.acme).pk}/",
        "staff-reconciliation-day": "/admin/reconciliation/2026-11-02/",
        "staff-month": "/admin/months/2026-11/",
        "staff-job": f"/admin/job/{jobs['completed'].pk}/",
        "staff-job-queued": f"/admin/job/{jobs['queued'].pk}/",
    }
    made = Pages(
        opened=entrances,
        closed=shown | told | further_pages(world, jobs) | ACCOUNT_PAGES,
        staff=STAFF_PAGES | explained,
        openings=openings(jobs),
    )
    staff_make(made.staff_email)
    sign_in_scene(world)
    made.others.update(secured_make(world))
    made.others[world.victor.email] = {"forbidden": "/o/acme/settings/audit/", "viewer-home": "/o/acme/"}
    world.olga.refresh_from_db()  # her password is new, and a session hangs on it
    return made


def staff_make(email: str) -> None:
    """Make somebody of the platform's staff, and two readings of the treasury."""
    User.objects.create_superuser(email, name="Stella Staff")
    now = timezone.now()
    for ago, lamports in ((3600, 4_100_000_000), (30, 3_900_000_000)):
        TreasuryReading.objects.create(
            at=now - timedelta(seconds=ago),
            nos_micro=91_400_000,
            deposits_micro=467_100,
            earned_micro=38_829,
            lamports=lamports,
        )


def session_for(email: str) -> str:
    """Return the session cookie of a person who is signed in."""
    client, user = Client(), User.objects.get(email=email)
    client.force_login(user)
    signed_in_mark(client, user)
    return client.cookies["sessionid"].value


def people_make(world: World) -> dict[str, str]:
    """Invite two people; return the token of a link and the number of a member, for the addresses that name them."""
    sent = [
        invited(world.olga, "grace.hopper@boreal.example", "developer", projects={world.project.pk: Role.VIEWER}),
        invited(world.adam, "ada@boreal.example", "billing", now=timezone.now() - timedelta(days=9)),
    ]
    made = template_make(world.acme, world.mia)
    template_changed(made, summary="Prints one word, aloud.", minutes=30)
    return {"token": invitation_token(sent[0]), "mia": str(member(world.mia).pk), "template": made.slug}


def oversight_pages(made: dict[str, str]) -> dict[str, str]:
    """Return the pages of approvals and of the trail, by name."""
    approvals, audit = "/o/acme/settings/approvals/", "/o/acme/settings/audit/"
    return {
        "approvals": approvals,
        "approval-waiting": f"{approvals}{made['waiting']}/",
        "approval-again": f"{approvals}{made['again']}/",
        "approval-denied": f"{approvals}{made['denied']}/",
        "audit": audit,
        "audit-none-fits": f"{audit}?q=nothing+like+it",
        "audit-event": f"{audit}{made['event']}/",
    }


def launch_pages(template: str) -> dict[str, str]:
    """Return the pages of the launch and of templates, by name; `template` is one of Acme's own."""
    o = "/o/acme/"
    return {
        "launch": f"{o}jobs/new/",
        "launch-template": f"{o}jobs/new/?template=vllm",
        "launch-container": f"{o}jobs/new/?how=container",
        "launch-definition": f"{o}jobs/new/?template=pytorch&how=definition",
        "templates": f"{o}templates/",
        "templates-none-fits": f"{o}templates/?q=nothing+like+it",
        "template": f"{o}templates/vllm/",
        "template-own": f"{o}templates/{template}/",
        "template-version": f"{o}templates/{template}/2/",
        "template-edit": f"{o}templates/{template}/edit/",
        "template-new": f"{o}templates/new/",
    }


def pages(jobs: dict[str, Job], people: dict[str, str]) -> dict[str, str]:
    """Return the pages of Acme, by name."""
    o = "/o/acme/"
    return {
        "home": o,
        "jobs": f"{o}jobs/",
        "jobs-none-fits": f"{o}jobs/?q=nothing+like+it",
        **launch_pages(people["template"]),
        **{f"job-{state}": f"{o}jobs/{job.pk}/" for state, job in jobs.items()},
        "job-relabel": f"{o}jobs/{jobs['completed'].pk}/relabel/",
        "job-stop": f"{o}jobs/{jobs['running'].pk}/stop/",
        "job-policy": f"{o}jobs/policy/",
        **{
            f"job-{act}": f"{o}jobs/{jobs['talking'].pk}/{act}/"
            for act in ("extend", "restart", "name", "project")
        },
        "job-log": f"{o}jobs/{jobs['talking'].pk}/log/",
        "job-log-search": f"{o}jobs/{jobs['running'].pk}/log/?q=segment",
        "logs": f"{o}logs/",
        "logs-found": f"{o}logs/?q=model",
        "settings": f"{o}settings/",
        "settings-owner": f"{o}settings/owner/",
        "settings-close": f"{o}settings/close/",
        "settings-terms": f"{o}settings/terms/",
        "settings-logs": f"{o}settings/logs/",
        "members": f"{o}members/",
        "member-remove": f"{o}members/{people['mia']}/remove/",
        "invitations": f"{o}members/invitations/",
        "invite": f"{o}members/invite/",
        "invite-many": f"{o}members/invite/many/",
        "invitation": f"/invitations/{people['token']}/",
        "organisation-new": "/organisations/new/",
        **money_pages(people),
        "account-email": "/accounts/email/",
        "account-password": "/accounts/password/change/",
        "account-mfa": "/accounts/2fa/",
        "account-logout": "/accounts/logout/",
        "job-not-found": f"{o}jobs/01890000-0000-7000-8000-000000000000/",
        "other-organisation": "/o/xenon/",
    }


def money_pages(people: dict[str, str]) -> dict[str, str]:
    """Return the pages of Acme's billing, by name."""
    o = "/o/acme/"
    return {
        "billing": f"{o}billing/",
        "movements": f"{o}billing/movements/",
        "holds": f"{o}billing/holds/",
        "holds-none-fits": f"{o}billing/holds/?q=nothing+like+it",
        "credits": f"{o}billing/credits/",
        "usage": f"{o}billing/usage/",
        "usage-by-member": f"{o}billing/usage/?by=member&since=2026-01-01",
        "caps": f"{o}billing/caps/",
        "invoices": f"{o}billing/invoices/",
        "credit-notes": f"{o}billing/credit-notes/",
        "refunds": f"{o}billing/refunds/",
        "statements": f"{o}billing/statements/",
        "billing-details": f"{o}billing/details/",
        "top-up": f"{o}billing/top-up/",
        "top-ups": f"{o}billing/top-ups/",
        "cards": f"{o}billing/cards/",
        "card-remove": f"{o}billing/cards/{people['card']}/remove/",
        "automatic": f"{o}billing/automatic/",
        **{
            f"top-up-{name}": f"{o}billing/top-up/{people[name]}/"
            for name in (
                "asking",
                "paid",
                "waiting",
                "cancelled",
                "processing",
                "held",
                "expired",
                "failed",
                "parked",
            )
        },
        **{
            f"card-{name}": f"{o}billing/cards/added/{people[name]}/"
            for name in people
            if name.startswith("setup-")
        },
    }


def documents_make(acme: Organisation) -> None:
    """Give Acme invoices, a credit note of one, and the statement of last month."""
    now = timezone.now()
    then = now.replace(day=1, hour=12) - timedelta(days=20)
    topup(acme, "last-month", 25_000, now=then)
    for due in InvoiceDue.objects.filter(organisation=acme):
        invoice_issue(invoice_due_id=due.pk, now=now)
    credit = credit_note_due(
        topup_id="last-month", net_minor=4_000, vat_minor=840, key="refund:shown", reason="Paid twice", now=now
    )
    credit_note_issue(credit_note_due_id=credit.pk, now=now)
    statement_close(organisation_id=acme.pk, month=then.date().replace(day=1), now=now)


def refunds_make(acme: Organisation) -> None:
    """Give Acme a top-up that can go back, one refund of each kind of end, and two disputes."""
    topup = refundable_of(acme)
    for state, bounced in (("wanted", False), ("succeeded", False), ("failed", True)):
        Refund.objects.create(
            organisation=acme,
            topup=topup,
            state=state,
            bounced=bounced,
            gross_minor=1_000,
            currency="EUR",
            reason="Paid twice by mistake",
            stripe_refund_id=None if state == "wanted" else f"re_{state}",
            created_at=timezone.now(),
        )
    for status, reason in (("needs_response", "product_not_received"), ("lost", "fraudulent")):
        Dispute.objects.create(
            organisation=acme,
            topup=topup,
            dispute_id=f"dp_{status}",
            status=status,
            reason=reason,
            amount_minor=5_000,
            currency="EUR",
            opened_at=timezone.now(),
        )
