"""Mails go once, keys are answered once, refusals read the same everywhere."""

import uuid
from datetime import UTC, datetime
from itertools import count

import pytest
from django.core import mail as outbox
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from apps.core import ids, mail, money
from apps.core.errors import AppError, KeyReused
from apps.core.idempotency import once
from apps.core.middleware import AppErrorMiddleware
from apps.core.models import IdempotencyKey, Mail, Message
from apps.core.templatetags import amounts


def test_a_mail_goes_once_however_often_it_is_written_and_delivered(db: None) -> None:
    words = {"to": "olga@acme.example", "subject": "Your\n invoice", "text": "Here."}
    first = mail.mail_queue(key="invoice:1", attachments=[("a.pdf", "application/pdf", b"%PDF")], **words)
    again = mail.mail_queue(key="invoice:1", attachments=[("b.pdf", "application/pdf", b"x")], **words)
    assert first.id == again.id
    for _ in range(2):
        mail.mail_deliver(first.id, now=timezone.now())
    assert len(outbox.outbox) == 1
    sent = outbox.outbox[0]
    assert sent.subject == "Your invoice"
    assert sent.attachments[0][0] == "a.pdf"
    assert sent.extra_headers["Message-ID"].startswith(f"<mail-{first.id}@")
    assert Mail.objects.get().sent_at is not None


def test_the_words_of_a_sealed_mail_are_in_no_row_and_gone_once_sent(db: None) -> None:
    words = {"to": "olga@acme.example", "subject": "Come in", "text": "The link: s3cret", "html": "<p>s3cret</p>"}
    sealed = mail.mail_queue(key="link:1", sealed=True, **words)
    assert "s3cret" not in f"{Mail.objects.values().get()} {Message.objects.values().get()}"
    mail.mail_deliver(sealed.id, now=timezone.now())
    assert outbox.outbox[0].body == "The link: s3cret"
    assert (Mail.objects.get().text, Mail.objects.get().html) == ("", "")


def test_a_sealed_mail_of_before_a_new_secret_key_still_goes(db: None, settings: Settings) -> None:
    sealed = mail.mail_queue(key="link:1", to="a@b.example", subject="s", text="s3cret", sealed=True)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert mail.mail_words(sealed) == ("s3cret", "")


def test_a_keyed_act_runs_once_and_repeats_get_the_first_answer(db: None) -> None:
    calls: list[int] = []

    def act() -> dict[str, int]:
        calls.append(1)
        return {"n": len(calls)}

    answers = [once(scope="acme", key="k", content={"a": 1}, act=act) for _ in range(3)]
    assert answers == [{"n": 1}] * 3
    assert len(calls) == 1


def test_an_act_that_returns_nothing_runs_once_too(db: None) -> None:
    ran: list[int] = []
    assert [once(scope="acme", key="k", content={}, act=lambda: ran.append(1)) for _ in range(2)] == [None, None]
    assert len(ran) == 1


def test_what_was_foreseen_wrongly_is_put_right_for_repeats(db: None) -> None:
    for foreseen in ("a job", "an approval"):
        assert (
            once(scope="acme", key="k", content={}, act=lambda: "an approval", foreseen=foreseen) == "an approval"
        )


def test_a_key_with_other_content_is_refused(db: None) -> None:
    once(scope="acme", key="k", content={"a": 1}, act=lambda: 1)
    with pytest.raises(KeyReused, match="use a new key"):
        once(scope="acme", key="k", content={"a": 2}, act=lambda: 2)


def test_a_failed_act_keeps_no_key(db: None) -> None:
    def refuse() -> None:
        raise AppError("no")

    with pytest.raises(AppError):
        once(scope="acme", key="k", content={}, act=refuse)
    assert not IdempotencyKey.objects.exists()


def test_ids_sort_by_time_and_are_version_7(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids.time, "time_ns", count(1_800_000_000_000_000_000, 1_000_000).__next__)
    made = [ids.uuid7() for _ in range(9)]
    assert made == sorted(made)
    assert all(one.version == 7 and one.variant == uuid.RFC_4122 for one in made)
    assert ids.uuid7_at(datetime.fromtimestamp(1_800_000_000, UTC)) <= made[0]


@pytest.mark.parametrize(
    ("micro", "text"),
    [(12_500_000, "12.50"), (43, "0.000043"), (1_234_567_890_000, "1,234,567.89"), (0, "0.00"), (-1, "-0.000001")],
)
def test_credits_read_with_two_to_six_decimals(micro: int, text: str) -> None:
    assert money.credits_text(micro) == text


def test_fiat_and_durations_read_as_people_write_them() -> None:
    assert money.fiat_text(121_00, "EUR") == "€121.00"
    assert [amounts.duration(n) for n in (45, 200, 3720, None)] == ["45 s", "3 min 20 s", "1 h 02 min", ""]


def test_shares_round_as_they_say() -> None:
    assert money.fraction_floor(199, 500) == 9
    assert money.fraction_round(2100, 2100) == 441
    assert money.fraction_round(1, 5000) == 1


@pytest.mark.parametrize(("accept", "kind"), [("application/json", "application/problem+json")])
def test_a_refusal_is_one_sentence_for_programs(accept: str, kind: str) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    request = RequestFactory().get("/", headers={"Accept": accept})
    error = AppError("Too little.", code="short", status=402, step=("Top up", "/top-up/"))
    answer = AppErrorMiddleware(view).process_exception(request, error)
    assert answer is not None
    assert (answer.status_code, answer["Content-Type"]) == (402, kind)
    assert b"Too little." in answer.content
    assert AppErrorMiddleware(view).process_exception(request, ValueError()) is None
