"""Every page as PNG, 1280 and 390 pixels wide, light and dark: `python -m tests.journeys.screenshots`.

Runs on a database and a server of its own, with hand-made rows, and writes into var/screenshots/ (or the folder
given). Ends with 2 and a sentence where there is no Chromium.
"""

import os
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from sandbox.services import Postgres
from tests.console.serve import ROOT, chromium_path, launch_arguments, web

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop in this thread
django.setup()

from apps.jobs.models import Job  # noqa: E402 - models can be imported only after the setup
from apps.organisations.models import Organisation  # noqa: E402
from apps.organisations.roles import Role  # noqa: E402
from apps.payments.models import Refund  # noqa: E402
from apps.users.models import User  # noqa: E402
from tests.console.oversight import oversight_make  # noqa: E402
from tests.console.scene import limits_make, lots_make, scene_make  # noqa: E402
from tests.organisations.people import invitation_token, invited, member  # noqa: E402
from tests.payments.scene import cards_make  # noqa: E402
from tests.permissions.things import refundable_of  # noqa: E402
from tests.world import World  # noqa: E402

WIDTHS = {"1280": (1280, 900), "390": (390, 844)}
OPEN_PAGES = {
    "front": "/",
    "signup": "/accounts/signup/",
    "login": "/accounts/login/",
    "password-reset": "/accounts/password/reset/",
    "not-found": "/nowhere/",
}


def session_for(email: str) -> str:
    """Return the session cookie of a person who is signed in."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    return client.cookies["sessionid"].value


def people_make(world: World) -> dict[str, str]:
    """Invite two people; return the token of a link and the number of a member, for the addresses that name them."""
    sent = [
        invited(world.olga, "grace.hopper@boreal.example", "developer", projects={world.project.pk: Role.VIEWER}),
        invited(world.adam, "ada@boreal.example", "billing", now=timezone.now() - timedelta(days=9)),
    ]
    return {"token": invitation_token(sent[0]), "mia": str(member(world.mia).pk)}


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


def pages(jobs: dict[str, Job], people: dict[str, str]) -> dict[str, str]:
    """Return the pages of Acme, by name."""
    o = "/o/acme/"
    return {
        "home": o,
        "jobs": f"{o}jobs/",
        "jobs-none-fits": f"{o}jobs/?q=nothing+like+it",
        "launch": f"{o}jobs/new/",
        **{f"job-{state}": f"{o}jobs/{job.pk}/" for state, job in jobs.items()},
        "job-stop": f"{o}jobs/{jobs['running'].pk}/stop/",
        "job-log-search": f"{o}jobs/{jobs['running'].pk}/log/?q=segment",
        "settings": f"{o}settings/",
        "settings-owner": f"{o}settings/owner/",
        "settings-close": f"{o}settings/close/",
        "settings-terms": f"{o}settings/terms/",
        "settings-logs": f"{o}settings/logs/",
        "members": f"{o}members/",
        "member-remove": f"{o}members/{people['mia']}/remove/",
        "invite": f"{o}members/invite/",
        "invite-many": f"{o}members/invite/many/",
        "invitation": f"/invitations/{people['token']}/",
        "organisation-new": "/organisations/new/",
        "billing": f"{o}billing/",
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
        "cards": f"{o}billing/cards/",
        "card-remove": f"{o}billing/cards/{people['card']}/remove/",
        "automatic": f"{o}billing/automatic/",
        "top-up-asking": f"{o}billing/top-up/{people['asking']}/",
        "account-email": "/accounts/email/",
        "account-password": "/accounts/password/change/",
        "account-mfa": "/accounts/2fa/",
        "account-logout": "/accounts/logout/",
        "job-not-found": f"{o}jobs/01890000-0000-7000-8000-000000000000/",
        "other-organisation": "/o/xenon/",
    }


def shoot(browser: Browser, base: str, folder: Path, shown: dict[str, str], cookie: str | None) -> int:
    """Take one picture per page, width and colour scheme; return how many."""
    count = 0
    for scheme in ("light", "dark"):
        for width, (w, h) in WIDTHS.items():
            context = browser.new_context(viewport={"width": w, "height": h}, color_scheme=scheme)
            if cookie:
                context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
            page = context.new_page()
            page.on("console", lambda message: told(message.text) if message.type == "error" else None)
            for name, path in shown.items():
                page.goto(base + path, wait_until="load")
                page.evaluate("document.fonts.ready")
                page.wait_for_timeout(200)
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                overflow(page, f"{name} at {width}")
                count += 1
            context.close()
    return count


def refunds_make(acme: Organisation) -> None:
    """Give Acme a top-up that can go back, and one refund of each kind of end."""
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


def overflow(page: Page, where: str) -> None:
    """Say so when a page is wider than its window."""
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
        told(f"{where} is wider than the window")


def told(line: str) -> None:
    """Tell what a person should look at."""
    if "404" not in line:
        print(f"  look: {line}", flush=True)


def main() -> None:
    """Make the rows, serve them, take the pictures."""
    chromium = chromium_path()
    if chromium is None:
        print("screenshots: there is no Chromium here; install it (Debian: apt-get install chromium).")
        sys.exit(2)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "screenshots"
    only = sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="nw-shots-"))
    server = Postgres(data, fast=True)
    server.start()
    try:
        own = {"HOST": server.socket_folder, "PORT": "", "USER": "postgres", "PASSWORD": "", "NAME": "postgres"}
        connections.databases["default"].update(own)
        call_command("migrate", verbosity=0)
        count = story(server.url("postgres"), folder, chromium, only)
    finally:
        connections.close_all()
        server.stop()
        shutil.rmtree(data, ignore_errors=True)
    print(f"{count} pictures in {folder}")


def story(url: str, folder: Path, chromium: str, only: list[str]) -> int:
    """Fill the database and take the pictures of all pages (or of those named)."""
    world = World.build()
    people = people_make(world) | cards_make(world.acme.memberships.get(user=world.olga))
    shown = pages(scene_make(world.acme, world.olga), people) | oversight_pages(oversight_make(world))
    limits_make(world.acme.memberships.get(user=world.olga))
    lots_make(world.acme.memberships.get(user=world.olga))
    refunds_make(world.acme)
    chosen = {name: path for name, path in shown.items() if not only or name in only}
    entrances = OPEN_PAGES | {"invitation-new": f"/invitations/{people['token']}/", "terms": "/terms/"}
    opened = {name: path for name, path in entrances.items() if not only or name in only}
    with web(url) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=launch_arguments())
        count = shoot(browser, base, folder, opened, None)
        count += shoot(browser, base, folder, chosen, session_for("olga@acme.example"))
        browser.close()
    return count


if __name__ == "__main__":
    main()
