"""Finance closes a month: what was spent, the invoice, the statement, and nothing that is not finance's."""

import csv
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from apps.billing.models import InvoiceDue
from apps.billing.services import hold_settle, invoice_issue, statement_close
from tests.billing.money import hold, topup
from tests.billing.test_statements import CREDIT
from tests.journeys import stage
from tests.world import World

pytestmark = stage.IN_A_BROWSER


def test_finance_finds_the_month_its_invoice_and_its_statement(transactional_db: None) -> None:
    world, now = World.build(), timezone.now()
    before = now.replace(day=1) - timedelta(days=3)
    topup(world.acme, now=before)
    number = invoice_issue(invoice_due_id=InvoiceDue.objects.get().id, now=before).number
    hold(world.acme, 30, source="train")
    hold_settle(source="train", network_micro=20 * CREDIT, seconds=60, now=before + timedelta(hours=1))
    assert statement_close(organisation_id=world.acme.id, month=before.date().replace(day=1), now=now)
    with (
        stage.served() as base,
        stage.chromium() as browser,
        stage.window(browser, base, "bea@acme.example", accept_downloads=True) as page,
    ):
        page.goto("/o/acme/")
        expect(page.get_by_text("Spent this month")).to_be_visible()
        page.locator("#side").get_by_role("link", name="Invoices").click()
        page.get_by_role("link", name="Total").click()
        expect(page.get_by_role("columnheader", name="Total")).to_have_attribute("aria-sort", "descending")
        with page.expect_download() as invoice:
            page.get_by_role("link", name=number).first.click()
        assert invoice.value.suggested_filename == f"{number}.pdf"
        page.get_by_role("navigation", name="Billing").get_by_role("link", name="Statements").click()
        with page.expect_download() as statement:
            page.get_by_role("link", name="CSV").first.click()
        rows = list(csv.DictReader(statement.value.path().read_text().splitlines()))
        assert rows
        expect(page.locator("#side").get_by_role("link", name="Launch a job")).to_have_count(0)
        page.goto("/o/acme/jobs/")
        expect(page.get_by_text("No jobs yet")).to_be_visible()
