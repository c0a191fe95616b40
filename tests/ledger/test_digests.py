"""Days that are closed: what they hold, what proves them, and what shows that something was changed."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from apps.core.proofs import ProofBroken
from apps.ledger import services
from apps.ledger.models import Account, AccountDigest, DayDigest, Transfer
from apps.ledger.proofs import proof_check
from apps.ledger.selectors import book_verify, digest_proof, digests_known
from tests.ledger.books import NOW, books_open, move
from tests.ledger.stranger import proof_holds

DAY = timedelta(days=1)
ALWAYS = {"first": date.min, "last": date.max, "now": NOW}


@pytest.fixture(autouse=True)
def _books(db: None) -> None:
    books_open()


def close(days: int = 1) -> list[DayDigest]:
    return services.digests_close(now=NOW + days * DAY)


def proof(*codes: str) -> str:
    return "".join(digest_proof(codes=codes or ("purse", "box"), **ALWAYS))


@contextmanager
def forged(statement: str) -> Iterator[None]:
    """Write past the guards for a while, as somebody with all rights on the server could."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement)
        yield
        transaction.set_rollback(True)


def verified(*arguments: str) -> str:
    out = io.StringIO()
    try:
        call_command("ledger_verify", *arguments, stdout=out)
    except SystemExit:
        out.write("exit 1")
    return out.getvalue()


def test_a_day_is_closed_when_it_is_over_and_once() -> None:
    assert close(0) == []
    (digest,) = close(1)
    assert (digest.number, digest.day, digest.accounts) == (1, NOW.date(), 2)
    assert close(1) == []


def test_days_without_entries_are_closed_too_so_that_none_can_be_left_out() -> None:
    close(1)
    move("late", purse=-1, box=1)
    assert [(d.day.day, d.accounts) for d in close(4)] == [(3, 2), (4, 0), (5, 0)]
    assert list(book_verify()) == []


def test_what_is_posted_late_joins_the_next_close_and_what_is_dated_ahead_waits() -> None:
    close(1)
    services.transfer_post(
        key="late", legs=[services.Leg("purse", -1), services.Leg("box", 1)], reason="t", at=NOW
    )
    services.transfer_post(
        key="ahead", legs=[services.Leg("purse", -2), services.Leg("box", 2)], reason="t", at=NOW + 3 * DAY
    )
    services.transfer_post(
        key="third", legs=[services.Leg("purse", -4), services.Leg("box", 4)], reason="t", at=NOW + 2 * DAY
    )
    close(4)
    purse = AccountDigest.objects.filter(account__code="purse").order_by("day")
    assert [(row.day_id, row.before, row.opening, row.closing) for row in purse] == [
        (1, 0, 0, 100),
        (2, 1, 100, 99),
        (3, 2, 99, 95),
        (4, 3, 95, 93),
    ]
    assert list(book_verify()) == []


def test_a_proof_holds_for_us_and_for_a_stranger_who_only_read_the_docs() -> None:
    close(1)
    for number in range(5):
        services.account_open(f"shop{number}", "NOS", 0)
        move(
            f"k{number}",
            **{"source": -number - 3, "purse": 3, f"shop{number}": number}
            if number
            else {"source": -3, "purse": 3},
        )
    close(2)
    for codes in (("purse",), ("shop3", "purse"), ("source",), ("nothing",)):
        text = proof(*codes)
        assert list(proof_check(json.loads(text), digests_known())) == []
        assert proof_holds(text, digests_known())
    assert len(json.loads(proof("shop3", "purse"))["days"]) == 3


def test_a_proof_names_nobody_else() -> None:
    services.account_open("rival", "NOS", 0)
    move("theirs", source=-7, rival=7)
    close(1)
    text = proof("purse")
    assert "rival" not in text
    assert "theirs" not in text


@pytest.mark.parametrize(
    ("forged", "complaint"),
    [
        ({"amount": 99}, "its entries lead to 99"),
        ({"key": "other"}, "not the ones that the day's digest stands for"),
        ({"at": "2026-11-02T12:00:01.000000Z"}, "not the ones that the day's digest stands for"),
    ],
)
def test_a_forged_entry_is_found(forged: dict[str, object], complaint: str) -> None:
    close(1)
    text = json.loads(proof())
    text["days"][0]["entries"][0] |= forged
    assert complaint in " ".join(proof_check(text, digests_known()))
    assert not proof_holds(json.dumps(text), digests_known())


def test_a_left_out_day_of_an_account_is_found() -> None:
    close(1)
    move("there", purse=-1, box=1)
    move("back", purse=1, box=-1)
    close(2)
    move("more", purse=-1, box=1)
    close(3)
    text = json.loads(proof("purse"))
    del text["days"][1]
    assert "opens with 100 after 3 entries" in " ".join(proof_check(text, digests_known()))


def test_a_chain_of_other_digests_than_the_published_is_found() -> None:
    close(2)
    text = json.loads(proof())
    assert "no digest was published" in " ".join(proof_check(text, {}))
    assert "the published digest is 00" in " ".join(proof_check(text, digests_known() | {"2026-11-03": "00"}))
    text["chain"][1]["accounts"] = 3
    assert "not that of its root" in " ".join(proof_check(text, digests_known()))


@pytest.mark.parametrize("file", [[], {}, {"format": "nosana-web ledger proof 1"}, {"format": "other"}])
def test_a_file_that_is_no_proof_is_refused_in_a_sentence(file: object) -> None:
    with pytest.raises(ProofBroken, match=r"\.$"):
        list(proof_check(file, {}))


@pytest.mark.parametrize(
    ("forgery", "complaint"),
    [
        ("UPDATE ledger_entry SET amount = amount * 2 WHERE amount > 0", "2026-11-02 purse: its entries are not"),
        ("UPDATE ledger_transfer SET reason = 'gift'", "2026-11-02 purse: its entries are not"),
        ("DELETE FROM ledger_entry WHERE amount > 0", "2 accounts were closed, 1 have entries"),
        ("UPDATE ledger_accountdigest SET closing = 7", "2026-11-02 purse: its entries are not"),
        ("UPDATE ledger_daydigest SET digest = root WHERE number = 1", "its digest is"),
        ("DELETE FROM ledger_daydigest WHERE number = 2", "a day between them is gone"),
    ],
)
def test_whatever_is_changed_behind_the_guards_shows(forgery: str, complaint: str) -> None:
    close(3)
    assert verified() == "The book holds.\n"
    with forged(forgery):
        told = verified()
    assert complaint in told
    assert told.endswith("exit 1")


def test_an_entry_slipped_into_a_closed_day_shows() -> None:
    close(1)
    ids = dict(Account.objects.values_list("code", "id"))
    slipped = (
        "INSERT INTO ledger_transfer (id, key, fingerprint, reason, details, at) VALUES (0, 'x', '', 'x', '{}', "
        f"'2026-11-01'); INSERT INTO ledger_entry (transfer_id, account_id, amount) VALUES (0, {ids['purse']}, 1), "
        f"(0, {ids['source']}, -1)"
    )
    with forged(slipped):
        assert "2026-11-02 purse: its entries are not" in verified()


def test_the_command_checks_a_file_against_the_books_or_against_published_digests(tmp_path: Path) -> None:
    close(1)
    file, published = tmp_path / "proof.json", tmp_path / "digests.json"
    file.write_text(proof())
    published.write_text(json.dumps({"digests": digests_known()}))
    assert verified(str(file)) == "The proof holds.\n"
    assert verified(str(file), "--digests", str(published)) == "The proof holds.\n"
    file.write_text(proof().replace('"amount": 100', '"amount": 101'))
    assert verified(str(file)).endswith("exit 1")
    with pytest.raises(CommandError, match="cannot be read as JSON"):
        verified(str(tmp_path / "none.json"))


@pytest.mark.parametrize("table", ["ledger_daydigest", "ledger_accountdigest"])
@pytest.mark.parametrize("act", ["UPDATE {} SET root = root", "DELETE FROM {}"])
def test_a_published_digest_can_be_neither_changed_nor_deleted(table: str, act: str) -> None:
    close(1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act.format(table))


def test_a_close_takes_a_few_statements_however_many_entries_there_are(
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    for number in range(50):
        move(f"k{number}", purse=-1, box=1)
    with django_assert_num_queries(19):
        close(1)
    assert Transfer.objects.count() == 51
