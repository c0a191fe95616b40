"""A German reader gets refusals, forms and a job's story in German; what is kept and what programs read is English."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from apps.billing.credit_forms import AlertForm
from apps.billing.models import Cap
from apps.core.catalogues import compile_stale
from apps.jobs.gallery.builtin import starters
from apps.jobs.models import Job, JobEvent, Market
from tests.jobs.conftest import DEFINITION, NOW
from tests.world import World

URL = "/o/acme/jobs/"


@pytest.fixture(autouse=True, scope="module")
def _catalogues() -> None:
    compile_stale()


@pytest.fixture
def german(rich: World) -> Client:
    """Mia's browser, in German."""
    rich.mia.language = "de"
    rich.mia.save(update_fields=["language"])
    return rich.client(rich.mia)


def asked(client: Client, **changes: object) -> dict[str, object]:
    """Ask for a job by the API as the browser does."""
    body = {"definition": DEFINITION, "market": "gpu", "timeout_s": 600, "name": "Hello", **changes}
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    answer = client.post("/api/v1/organisations/acme/jobs", body, "application/json", headers=headers)
    return {"status": answer.status_code, **answer.json()}


def test_too_few_credits_are_told_in_german_with_amounts_written_the_german_way(
    german: Client, market: Market
) -> None:
    Market.objects.update(price_micro=2_000_000)
    answer = asked(german)
    assert (answer["status"], answer["code"]) == (402, "insufficient_credits")
    assert "1.260,00 Credits nötig, und Acme hat 100,00: Es fehlen 1.160,00." in str(answer["detail"])
    assert answer["next"]["label"] == "Aufladen"  # type: ignore[index]
    assert answer["missing_micro"] == 1_160_000_000


def test_a_cap_says_in_german_what_it_leaves_and_when_it_begins_anew(
    german: Client, rich: World, market: Market
) -> None:
    now = timezone.now()
    Cap.objects.create(
        organisation=rich.acme, level="organisation", period="month", limit_micro=1, created_at=now, updated_at=now
    )
    answer = asked(german)
    assert (answer["status"], answer["code"]) == (402, "cap_reached")
    assert "die Obergrenze von Acme liegt bei 0,000001 Credits pro Monat" in str(answer["detail"])
    assert "neu beginnt" in str(answer["detail"])
    assert Job.objects.count() == 0


def test_who_asks_without_a_language_is_refused_in_english(rich: World, market: Market) -> None:
    Market.objects.update(price_micro=2_000_000)
    assert "and Acme has 100.00: 1,160.00 are missing." in str(asked(rich.client(rich.mia))["detail"])


def test_the_story_of_a_job_is_kept_in_english_and_told_in_german(
    german: Client, rich: World, submit: Callable[..., Job]
) -> None:
    job = submit(now=timezone.now() - timedelta(minutes=1))
    german.post(f"{URL}{job.pk}/stop/")
    kept = list(JobEvent.objects.filter(job=job).values_list("sentence", flat=True))
    assert kept == [
        "Accepted for GPU; the worst case is held until it ends.",
        f"{rich.mia.name} asked to stop it.",
    ]
    page = german.get(f"{URL}{job.pk}/").text
    assert "Angenommen für GPU; der Höchstbetrag bleibt reserviert, bis er endet." in page
    assert f"{rich.mia.name} hat darum gebeten, ihn zu stoppen." in page
    assert "asked to stop it" not in page
    assert "asked to stop it" in rich.client(rich.victor).get(f"{URL}{job.pk}/").text


def test_the_language_costs_no_query(german: Client, rich: World, submit: Callable[..., Job]) -> None:
    page = f"{URL}{submit(now=NOW).pk}/"

    def queries(language: str) -> int:
        rich.mia.language = language
        rich.mia.save(update_fields=["language"])
        german.get(page)
        with CaptureQueriesContext(connection) as found:
            german.get(page)
        return len(found)

    assert queries("de") == queries("en-gb")


def test_every_template_of_the_platform_is_described_in_german_and_runs_the_same() -> None:
    english = starters()
    with translation.override("de"):
        german = starters()
    assert [(one.slug, one.definition, one.number) for one in german] == [
        (one.slug, one.definition, one.number) for one in english
    ]
    for ours, theirs in zip(english, german, strict=True):
        words = [
            (ours.recipe.summary, theirs.recipe.summary),
            (ours.recipe.description, theirs.recipe.description),
        ]
        pairs = zip(ours.recipe.variables, theirs.recipe.variables, strict=True)
        words += [(one.help, other.help) for one, other in pairs if one.help]
        assert [one for one, other in words if one == other] == [], ours.slug


def test_a_german_writes_amounts_with_a_comma_and_others_do_not() -> None:
    form = AlertForm({"below": "12,50"})
    with translation.override("de"):
        assert form.is_valid()
        assert form.cleaned_data["below"] == Decimal("12.50")
        assert AlertForm({"below": "12.50"}).is_valid()
        assert "etwa 250 oder 12,50" in str(AlertForm({"below": "1.234,50"}).errors)
    assert "such as 250 or 12.50" in str(AlertForm({"below": "12,50"}).errors)
