"""The command's frame: help, settings, output, exit codes; and jobs on a screen."""

import importlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from nosana.cli import device, frame, hooks
from nosana.cli.printing import fitted
from nosana.cli.root import COMMANDS
from nosana.webhooks import verify

from sdk.tests.client.told import JOB, MARKET, Platform, Run, connected, problem

ID = JOB["id"]
DONE = {**JOB, "state": "completed", "settled": True, "cost_micro": 1_500_000, "ended_at": "2026-11-23T12:05:00Z",
        "started_at": "2026-11-23T12:00:00Z"}  # fmt: skip
ME = {
    "environment": "sandbox",
    "user": {"name": "Mia", "email": "mia@acme.example"},
    "key": {"name": "CI", "prefix": "abc", "scopes": ["jobs.view"], "expires_at": None},
    "organisations": [{"slug": "acme", "name": "Acme", "role": "developer", "permissions": [], "projects": None}],
}


def test_help_names_every_command_without_loading_it() -> None:
    script = (
        "import sys; from nosana.cli import main; sys.argv = ['nosana', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('httpx', 'nosana.client', 'nosana.cli.jobs', 'solders') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert all(f" {name} " in said for name in COMMANDS)
    assert said.rstrip().endswith("[]")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, nosana: Run) -> None:
    assert "Usage: nosana" in nosana(name, "--help").stdout.replace("root", "nosana")


def _commands(found: Any) -> Iterator[Any]:
    """Yield a command, or each command of a group."""
    inner = getattr(found, "commands", None)
    if inner is None:
        yield found
        return
    for one in inner.values():
        yield from _commands(one)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_of_a_command_stands_for_two_things(name: str) -> None:
    found = typer.main.get_command(getattr(importlib.import_module(f"nosana.cli.{COMMANDS[name][0]}"), name))
    for command in _commands(found):
        words = [word for one in command.params for word in (*one.opts, *one.secondary_opts)]
        assert sorted(words) == sorted(set(words)), command.name


def test_jobs_are_listed_without_loading_models() -> None:
    script = (
        "import sys; from nosana.cli import main; sys.argv = ['nosana', 'job', 'list', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('nosana.client.models', 'nosana.spec', 'httpx._main') if sys.modules.get(m)])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.rstrip().endswith("[]")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (problem(401, "key_expired"), 3), (problem(403, "denied"), 3), (problem(404, "not_found"), 4),
        (problem(409, "cap_reached"), 5), (problem(402, "insufficient_credits"), 6), (problem(500, "server_error"), 1),
        (httpx.Response(202, json={"approval": "a1"}), 9), (problem(422, "invalid", fields={"name": ["Too long."]}), 1),
    ],
)  # fmt: skip
def test_exit_codes_say_what_went_wrong(
    answer: httpx.Response, code: int, nosana: Run, platform: Platform
) -> None:
    platform.says(answer)
    said = nosana("job", "run", "ubuntu", "-m", "gpu", code=code).stderr
    assert said.startswith("Error: ")
    assert ("name: Too long." in said) == (answer.status_code == 422)


def test_no_answer_is_told_and_a_refusal_as_data_is_the_problem(nosana: Run, platform: Platform) -> None:
    platform.says(*[httpx.ConnectError("refused")] * 4)
    nosana("balance", code=7)
    platform.says(problem(404, "not_found"))
    assert json.loads(nosana("job", "show", ID, "-o", "json", code=4).stderr)["code"] == "not_found"


def test_a_key_is_kept_for_its_owner_alone_and_forgotten(nosana: Run, platform: Platform, tmp_path: Path) -> None:
    platform.says(ME)
    said = nosana("login", "--key", "-", "--url", "http://127.0.0.1:8000", stdin="nos_sandbox_k\n").stdout
    assert "Mia <mia@acme.example>" in said
    file = tmp_path / "config.ini"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "key = nos_sandbox_k" in file.read_text()
    assert "organisation = acme" in file.read_text()
    nosana("logout")
    assert "nos_sandbox_k" not in file.read_text()


def test_a_key_that_the_platform_does_not_know_is_not_kept(
    nosana: Run, platform: Platform, tmp_path: Path
) -> None:
    platform.says(problem(401, "key_unknown"))
    nosana("login", "--key", "nos_sandbox_k", "--url", "http://127.0.0.1:8000", code=3)
    assert not (tmp_path / "config.ini").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run",), "an image, or a definition"),
        (("run", "a", "-T", "t"), "an image, or a definition"),
        (("run", "a", "--var", "a=b"), "--var belongs to"),
        (("run", "a", "-m", "m", "-t", "soon"), "“soon” is no time"),
        (("run", "a", "-m", "m", "-e", "A"), "--env takes NAME=value"),
        (("run", "-m", "m", "-f", "none.json"), "none.json cannot be read"),
        (("logs",), "Missing argument"),
        (("show", "nonsense"), "“nonsense” is no id of a job; `nosana job list` shows them."),
        (("stop", ID, ""), "“” is no id of a job"),
        (("list", "-o", "xml"), "xml"),
    ],
)
def test_what_is_mistyped_is_explained(words: tuple[str, ...], sentence: str, nosana: Run) -> None:
    assert sentence in nosana("job", *words, code=2).stderr.replace("\n", " ")


def test_options_of_every_command_may_stand_before_it(nosana: Run, platform: Platform) -> None:
    platform.says({"items": [DONE], "next_cursor": None})
    try:
        assert json.loads(nosana("-o", "json", "--org", "other", "job", "list").stdout) == [DONE]
        assert platform.asked[0].url.path == "/api/v1/organisations/other/jobs"
    finally:
        frame.before.clear()


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (120, [36, 30, 9, 11, 6, 5]),
        (100, [36, 30, 9, 11, 5]),  # nothing stands in the fifth
        (86, [36, 16, 9, 11, 5]),
        (70, [36, 20, 9]),
        (60, [36, 10, 9]),
        (30, [36]),
    ],
)
def test_a_table_keeps_ids_whole_and_fits_its_window(room: int, widths: list[int]) -> None:
    row = ["i" * 36, "n" * 30, "completed", "nvidia-3060", "", "5 min"]
    kept = fitted([36, 30, 9, 11, 6, 5], [row], room)
    assert [*kept.values()] == widths


def test_a_top_up_is_in_the_organisations_currency_and_one_answer_as_data(nosana: Run, platform: Platform) -> None:
    made = {"id": ID, "state": "open", "checkout_url": "https://pay.example/1"}
    platform.says({"currency": "GBP"}, made, {**made, "state": "paid"})
    result = nosana("topup", "50", "--wait", "-o", "json")
    assert json.loads(result.stdout)["state"] == "paid"
    assert result.stderr == "https://pay.example/1\n"
    assert json.loads(platform.asked[1].content)["currency"] == "GBP"
    platform.says(problem(403, "denied"))
    assert "--currency EUR" in nosana("topup", "50", code=2).stderr


def test_an_invoice_is_never_written_over(nosana: Run, platform: Platform) -> None:
    pdf = httpx.Response(200, content=b"%PDF-1.7")
    platform.says(pdf, pdf, pdf)
    nosana("invoice", "download", "NW-1")
    assert Path("NW-1.pdf").read_bytes() == b"%PDF-1.7"
    assert "is there already" in nosana("invoice", "download", "NW-1", code=2).stderr
    nosana("invoice", "download", "NW-1", "--force")


def test_a_key_is_printed_alone_so_that_it_can_be_kept(nosana: Run, platform: Platform) -> None:
    platform.says({"id": "k1", "name": "CI", "key": "nos_sandbox_new"})
    assert nosana("key", "create", "CI", "-s", "jobs.view").stdout == "nos_sandbox_new\n"


def test_doctor_says_what_is_in_place_and_what_is_not(nosana: Run, platform: Platform) -> None:
    platform.says(ME, {"available_micro": 0, "held_micro": 0, "frozen_micro": 0}, {"items": [MARKET]})
    said = nosana("doctor").stdout
    assert "look  credits       0 to spend" in said
    assert "ok    markets       1 open, 0 with a free node" in said
    platform.says(problem(401, "key_expired"))
    assert "bad   answers" in nosana("doctor", code=1).stdout
    launcher = {**ME, "key": {**ME["key"], "scopes": ["jobs.launch"]}}
    platform.says(
        launcher,
        {"items": [{"slug": "default", "archived_at": None}], "next_cursor": None},
        problem(403, "denied"),
        {"items": []},
    )
    said = nosana("doctor", "--project", "nope", code=1).stdout
    assert "look  key           it may launch jobs, and not see them" in said
    assert "bad   project       nope; there are default" in said


def event(number: int) -> dict[str, Any]:
    at = f"2026-11-23T12:00:{number:02}Z"
    return {
        "id": f"e{number}",
        "type": "job.running",
        "subject": "job:1",
        "sequence": number,
        "data": {},
        "at": at,
    }


def test_events_from_now_on_are_forwarded_once_in_their_order(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks.time, "sleep", lambda _: None)
    pages = [[1], [1], [3, 2, 1], [3, 2, 1], [4, 3, 2, 1]]
    platform.says(*({"items": [event(number) for number in page], "next_cursor": None} for page in pages))
    asked = connected(platform, reader=frame.plain_read)
    found = hooks.events_from_now(asked, 1)
    assert [next(found)["id"] for _ in range(3)] == ["e2", "e3", "e4"]


def test_forwarded_events_are_signed_as_the_platform_signs() -> None:
    seen: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    secret = "whsec_c2VjcmV0"
    with httpx.Client(transport=httpx.MockTransport(take)) as http:
        hooks.forward(http, "http://localhost:3000/hooks", secret, {"organisation": "o1", **event(1)})
    told = verify(seen[0].content, seen[0].headers, secret)
    assert [*told] == ["id", "type", "timestamp", "organisation", "subject", "sequence", "data"]
    assert (told["id"], told["timestamp"]) == ("e1", "2026-11-23T12:00:01+00:00")


def test_an_endpoint_gets_a_new_secret_and_what_it_missed(nosana: Run, platform: Platform) -> None:
    platform.says({"id": ID, "secret": "whsec_new", "old_secret_until": "2026-11-24T12:00:00Z"}, {"count": 3})
    rotated = nosana("webhook", "rotate", ID, "--overlap", "48")
    assert rotated.stdout == "whsec_new\n"
    assert "Both secrets sign until 2026-11-24" in rotated.stderr
    assert json.loads(platform.asked[0].content) == {"overlap_hours": 48}
    assert "3" in nosana("webhook", "replay", ID, "--since", "2h", "--everything").stdout
    assert json.loads(platform.asked[1].content)["everything"] is True


def test_events_go_to_this_machine_alone(nosana: Run) -> None:
    assert "this machine alone" in nosana("webhook", "listen", "https://acme.example/", code=2).stderr


def test_signing_in_by_browser_waits_for_the_yes(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device.time, "sleep", lambda _: None)
    monkeypatch.setattr(device.webbrowser, "open", lambda _: True)
    code = {
        "device_code": "d",
        "user_code": "ABCD",
        "verification_uri": "https://x/",
        "interval": 1,
        "expires_in": 60,
    }
    waits = [httpx.Response(400, json={"error": error}) for error in ("authorization_pending", "slow_down")]
    platform.says(code, *waits, {"access_token": "new", "refresh_token": "r"})
    http = httpx.Client(transport=httpx.MockTransport(platform))
    assert device.sign_in("https://x", http=http)["access_token"] == "new"
    assert b"device_code=d" in platform.asked[-1].content


@pytest.mark.parametrize(("error", "code"), [("access_denied", 3), ("expired_token", 3)])
def test_a_no_in_the_browser_ends_the_sign_in(
    error: str, code: int, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device.time, "sleep", lambda _: None)
    monkeypatch.setattr(device.webbrowser, "open", lambda _: True)
    granted = {"device_code": "d", "user_code": "ABCD", "verification_uri": "https://x/"}
    platform.says(granted, httpx.Response(400, json={"error": error}))
    with pytest.raises(typer.Exit) as caught:
        device.sign_in("https://x", http=httpx.Client(transport=httpx.MockTransport(platform)))
    assert caught.value.exit_code == code


def test_a_platform_without_sign_in_by_browser_says_so(nosana: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = httpx.MockTransport(lambda _: httpx.Response(404))
    own = httpx.Client
    monkeypatch.setattr(device.httpx, "Client", lambda **_: own(transport=answer))
    assert "--key" in nosana("login", "--url", "https://x.example", code=2).stderr


def test_a_shell_completes_commands_that_are_loaded_late() -> None:
    for words, wanted in (("nosana jo", ["job"]), ("nosana job re", ["restart", "results"])):
        told = {"_NOSANA_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        said = subprocess.run(
            [sys.executable, "-m", "nosana.cli"], capture_output=True, text=True, env={**os.environ, **told}
        )
        assert said.stdout.split() == wanted, said.stderr


def test_credits_are_moved_once_to_a_pot_or_to_another_organisation(nosana: Run, platform: Platform) -> None:
    platform.says({"available_micro": 7_500_000, "held_micro": 0, "frozen_micro": 0})
    said = nosana(
        "credits", "move", "12.5", "--to-org", "labs", "--to", "gpu", "--idempotency-key", "march"
    ).output
    asked = platform.asked[0]
    assert json.loads(asked.content) == {"micro": 12_500_000, "target": "gpu", "organisation": "labs"}
    assert asked.headers["Idempotency-Key"] == "march"
    assert "12.5 credits" in said
    assert "7.5 credits" in said
    for amount in ("-1", "1.0000001", "x"):
        assert f"“{amount}” is no amount" in nosana("credits", "move", "--to", "gpu", "--", amount, code=2).output
    assert "say where" in nosana("credits", "move", "5", code=2).output
    assert len(platform.asked) == 1


def test_an_organisation_is_created_and_the_profile_goes_on_in_it(nosana: Run, platform: Platform) -> None:
    made = {"slug": "boreal", "name": "Boreal", "country": "DE", "currency": "EUR"}
    platform.says({**made, "time_zone": "Europe/Berlin", "finance_email": "mia@acme.example"})
    said = nosana("org", "create", "Boreal", "--country", "de", "--use").output
    assert (platform.asked[0].method, platform.asked[0].url.path) == ("POST", "/api/v1/organisations")
    assert json.loads(platform.asked[0].content) == {"name": "Boreal", "country": "DE"}
    assert "Europe/Berlin" in said
    assert "organisation = boreal" in Path(os.environ["NOSANA_CONFIG"]).read_text()


TICKET = {"id": ID, "number": 7, "subject": "Log", "state": "waiting", "job": None, "invoice": None, "messages": [
    {"author": "mia@acme.example", "text": "Why?", "by_staff": False, "solved": False, "at": "2026-11-23T12:00:00Z"},
    {"author": None, "text": "Restart it.", "by_staff": True, "solved": True, "at": "2026-11-23T12:05:00Z"},
]}  # fmt: skip


def test_a_ticket_is_named_by_its_number_and_shown_as_a_thread(nosana: Run, platform: Platform) -> None:
    platform.says({"items": [TICKET], "next_cursor": None}, TICKET)
    said = nosana("ticket", "reply", "#7", "-", "--solved", stdin="It helped.\n").output
    assert platform.asked[0].url.params["number"] == "7"
    assert platform.asked[1].url.path.endswith(f"/tickets/{ID}/reply")
    assert json.loads(platform.asked[1].content) == {"text": "It helped.", "solved": True}
    assert (
        said.index("Why?") < said.index("Our staff") < said.index("Restart it.") < said.index("Called it solved.")
    )
    platform.says({"items": [], "next_cursor": None})
    assert "no ticket #8" in nosana("ticket", "show", "8", code=4).output
    assert "no id of a ticket" in nosana("ticket", "show", "seven", code=2).output
    assert "nothing to send" in nosana("ticket", "open", "Log", " ", code=2).output
