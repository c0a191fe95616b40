"""Somebody new, whose browser speaks German: from the front page to the first result, and nothing of it in English."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone
from playwright.sync_api import expect

from apps.jobs.models import Job
from apps.organisations.models import Organisation
from tests.console.scene import credits_give, job_finish, job_list, job_run, markets_make
from tests.journeys import stage

pytestmark = [pytest.mark.long, *stage.IN_A_BROWSER]
CODE = re.compile(r"\n([A-Z0-9]{4}-[A-Z0-9]{4})\n")
ENGLISH = re.compile(r"\b(the|your|and|with|of|is|are|from|launch|settings|credits left)\b", re.IGNORECASE)


def test_a_newcomer_in_german_comes_from_the_front_page_to_the_first_result(
    transactional_db: None, drain: Callable[[], int]
) -> None:
    markets_make()
    read: list[str] = []
    with (
        stage.served() as base,
        stage.chromium() as browser,
        stage.window(browser, base, "", locale="de-DE") as page,
    ):
        page.goto("/")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        page.get_by_role("link", name="Konto erstellen").first.click()
        page.get_by_label("E-Mail-Adresse").fill("neu@werk.example")
        page.get_by_label("Passwort").fill("Wolkenkuckucksheim 47")
        page.get_by_role("button", name="Konto erstellen").click()
        expect(page.get_by_role("button", name="Bestätigen")).to_be_visible()
        drain()
        code = CODE.search(str(outbox.outbox[-1].body))
        assert code is not None
        page.locator("input[name=code]").fill(code[1])
        page.get_by_role("button", name="Bestätigen").click()
        page.get_by_label("Name", exact=True).fill("Werk")
        page.get_by_role("button", name="Organisation erstellen").click()
        expect(page.get_by_role("heading", name="Erste Schritte")).to_be_visible()
        expect(page.locator(".first-steps li.done")).to_have_count(1)  # the address
        read.append(page.locator("main").inner_text())
        credits_give(Organisation.objects.get(name="Werk"), 12)
        page.locator(".first-steps").get_by_role("link", name="Job starten").click()
        page.locator("a[href*='template=primes']").first.click()
        expect(page.locator("#estimate")).to_contain_text("0,027090")
        page.get_by_role("button", name="Starten", exact=True).click()
        page.wait_for_url("**/jobs/*-*/")
        job, now = Job.objects.get(), timezone.now()
        job_list(job, now)
        job_run(job, now)
        job_finish(job, started=now, ended=now + timedelta(seconds=20))
        page.reload()
        expect(page.locator("#job-results")).to_contain_text("148933")
        expect(page.locator("main")).to_contain_text("Abgeschlossen")
        read += [page.locator("main").inner_text(), page.locator("#side").inner_text()]
        page.goto("/o/werk/")
        expect(page.locator(".first-steps li.done")).to_have_count(3)
    said = [line for text in read for line in text.splitlines() if len(ENGLISH.findall(line)) > 1]
    assert said == []
