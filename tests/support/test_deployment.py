"""What a deployment lacks is named before it serves people, with how to mend it."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

from apps.bridge.chain import ChainUnavailable
from apps.bridge.keys import SeedMissing, seed_make
from apps.bridge.models import TreasuryReading
from apps.core import queue
from apps.core.models import Message
from apps.support import health
from apps.support.deployment import inside, outside, parts
from apps.support.deployment.findings import Finding, part_findings
from apps.users.models import User

pytestmark = pytest.mark.django_db
Told = Callable[[Any], list[str]]


def told(part: Any) -> list[str]:
    """Return what the part lacks, advice in brackets."""
    found = part_findings(part, now=timezone.now())
    return [one.sentence if one.missing else f"({one.sentence})" for one in found]


def test_the_command_names_each_part_and_ends_with_1_only_for_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacks = {"clock": [], "mail": [Finding("Do that.", missing=False)]}
    monkeypatch.setattr(parts, "PARTS", {name: lambda now, name=name: lacks[name] for name in lacks})
    call_command("check_deploy")
    assert capsys.readouterr().out == (
        "ok       clock\nadvice   mail: Do that.\nThis deployment can serve people.\n"
    )
    lacks["clock"] = [Finding("Wind it.")]
    for arguments in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            call_command("check_deploy", *arguments)
        assert ended.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "MISSING  clock: Wind it."
    assert json.loads(lines[-1]) == {
        "fit": False,
        "parts": {
            "clock": [{"sentence": "Wind it.", "missing": True}],
            "mail": [{"sentence": "Do that.", "missing": False}],
        },
    }


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SeedMissing("There is no seed."), "There is no seed."),
        (ChainUnavailable("http://u:s3cret@rpc does not answer."), "does not answer."),
        (redis.ConnectionError("host"), "start it, or mend REDIS_URL"),
        (OperationalError("connection refused\nmore"), "(connection refused): mend DATABASE_URL"),
        (ConnectionRefusedError(111, "Connection refused"), "(Connection refused)"),
    ],
)
def test_a_part_that_fails_is_a_sentence_without_secrets_and_no_trace(error: Exception, sentence: str) -> None:
    def part(now: object) -> list[Finding]:
        raise error

    [found] = told(part)
    assert sentence in found
    assert "s3cret" not in found


def test_examples_that_nobody_replaced_are_named(settings: Any) -> None:
    settings.STAFF_EMAIL, settings.DEFAULT_FROM_EMAIL = "ops@gpu.test", "Us <us@company.example>"
    settings.SELLER, settings.METRICS_TOKEN = {**settings.SELLER, "name": "GPU B.V."}, "t"
    sentences = told(inside.of_settings)
    assert "NOSANA_MAIL_FROM is an example: set it to an address of yours." in sentences
    assert not any(one.startswith("STAFF_EMAIL") or "METRICS" in one for one in sentences)
    assert any("as the seller" in one for one in sentences)
    assert any("This is the sandbox" in one for one in sentences)
    settings.ENVIRONMENT = "staging"
    assert "(Webhooks could reach this machine itself. Set NOSANA_OUTBOUND_LOOPBACK=0.)" in told(
        inside.of_settings
    )


def test_missing_keys_and_keys_that_anybody_may_read_are_named(settings: Any, tmp_path: Path) -> None:
    settings.JOB_SECRETS_KEY_FILE = ""
    assert "job_secrets_key --file" in told(inside.of_keys)[0]
    call_command("job_secrets_key", "--file", str(tmp_path / "jobs"))
    settings.JOB_SECRETS_KEY_FILE, settings.CHAIN_SEED_FILE = str(tmp_path / "jobs"), str(tmp_path / "seed")
    assert "seed file of CHAIN_SEED_FILE cannot be read" in told(inside.of_keys)[0]
    seed_make(tmp_path / "seed")
    settings.CHAIN_TREASURY_FILE = ""
    assert told(inside.of_keys) == []
    (tmp_path / "seed").chmod(0o644)
    assert "`chmod 600` it" in told(inside.of_keys)[0]


def test_the_database_is_asked_for_rights_migrations_and_staff(monkeypatch: pytest.MonkeyPatch) -> None:
    advice, staff = told(inside.of_database)
    assert "a superuser" in advice
    assert "staff_ensure" in staff
    User.objects.create_superuser("stefan@nosana-web.example", "a long word")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE ROLE weak; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO weak"
        )
        cursor.execute("SET LOCAL ROLE weak")
        assert told(inside.of_database) == []
        cursor.execute("RESET ROLE")
        cursor.execute("GRANT TRUNCATE ON ledger_entry TO weak; REVOKE INSERT ON jobs_job FROM weak")
        cursor.execute("SET LOCAL ROLE weak")
        lacking, emptied = told(inside.of_database)
    assert "read and write all of jobs_job: run" in lacking
    assert 'REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM "weak"' in emptied
    monkeypatch.setattr(health, "CHECKS", {"database": str, "migrations": lambda: "migrations wait"})
    monkeypatch.setattr(inside, "CHECKS", health.CHECKS)
    assert told(inside.of_database) == ["Migrations wait: run `manage.py migrate`."]


def test_clocks_that_disagree_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(inside.of_clock) == []
    now = timezone.now
    monkeypatch.setattr(inside.timezone, "now", lambda: now() - timedelta(minutes=2))
    assert "follow NTP" in told(inside.of_clock)[0]


def test_workers_and_the_beat_are_known_by_what_they_did() -> None:
    beat, bridge = told(inside.of_workers)
    assert "celery -A nosana_web beat" in beat
    assert "queue bridge" in bridge
    queue.TASKS["core.heart_beat"].run()
    at = timezone.now()
    TreasuryReading.objects.create(at=at, nos_micro=1, deposits_micro=0, earned_micro=0, lamports=1)
    assert told(inside.of_workers) == []
    Message.objects.create(name="core.mail_deliver", queue="mail", next_at=at - timedelta(minutes=6))
    assert "queue mail waits" in told(inside.of_workers)[0]


def test_programs_redis_markets_and_prices_are_asked(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_HASHED, settings.STATIC_ROOT = True, tmp_path
    assert told(inside.of_programs)[-1] == "Pages have no styles and scripts: run `manage.py collectstatic`."
    settings.REDIS_URL, settings.CACHES = "redis+socket:///x", {"default": {"LOCATION": "unix:///nowhere"}}
    assert "mend REDIS_URL" in told(inside.of_redis)[0]
    settings.MARKETS_FILE, settings.MARKETS_AUTHORITIES = "", []
    assert "No market is trusted" in told(outside.of_markets)[0]
    settings.MARKETS_FILE = str(tmp_path / "none.json")
    assert "Mend MARKETS_FILE." in told(outside.of_markets)[0]
    assert "never been priced in EUR" in told(outside.of_rates)[0]


def test_a_mail_server_that_does_not_answer_is_named(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert told(outside.of_mail) == ["The mail server does not let us in (Connection refused): mend EMAIL_URL."]
