"""`nosana login` as a person lives it: a command, a code, a page of a server that really answers."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.idp.oidc.models import Token
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.organisations.programs import ACME, Program, refused
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_S = 120
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(live_server: LiveServer, settings: Settings, tmp_path: Path) -> Iterator[Start]:
    """Start the command `nosana` against a live server, as somebody who has no browser on their machine."""
    settings.BASE_URL = live_server.url
    settings.IDP_OIDC_DEVICE_CODE_INTERVAL = 1
    env = {name: value for name, value in os.environ.items() if not name.startswith("NOSANA_")}
    env |= {"NOSANA_CONFIG": str(tmp_path / "config.ini"), "BROWSER": "true", "PYTHONPATH": "sdk/src"}
    begun: list[subprocess.Popen[str]] = []

    def run(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "nosana.cli", *words]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        begun.append(subprocess.Popen(command, text=True, env=env, **pipes))  # type: ignore[call-overload]
        return begun[-1]

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def code_of(process: subprocess.Popen[str]) -> str:
    """Return the code that the command shows."""
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.fullmatch(r"Open \S+/identity/o/device and enter the code (\S+)\n", line)
    assert found is not None, line
    return found[1]


def said(process: subprocess.Popen[str], code: int = 0) -> str:
    """Return what the command wrote until it ended with that code."""
    out, errors = process.communicate(timeout=WAIT_S)
    assert process.returncode == code, (out, errors)
    return out + errors


def test_a_person_signs_the_command_line_in_works_by_it_and_signs_it_out(
    world: World, start: Start, live_server: LiveServer, tmp_path: Path
) -> None:
    login = start("login", "--url", live_server.url)
    page = f"/identity/o/device?code={code_of(login)}"
    browser = world.client(world.mia)
    assert "Nosana command line" in browser.get(page).content.decode()
    browser.post(page, {"action": "confirm"})
    assert f"Signed in to {live_server.url} as Mia" in said(login)
    kept = tmp_path / "config.ini"
    assert kept.stat().st_mode & 0o077 == 0

    who = said(start("whoami"))
    assert "mia@acme.example" in who
    assert "Nosana command line" in who
    assert "jobs.launch" in who
    Token.objects.filter(type="at").update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "STATE" in said(start("job", "list"))  # the token was renewed on the way
    renewed = re.findall(r"^key = (\S+)$", kept.read_text(), re.MULTILINE)[0]
    assert Program(renewed).get(ACME).status_code == 200

    assert "sign-in of profile default has ended" in said(start("logout"))
    assert "nosana login" in said(start("whoami"), 3)
    refused(Program(renewed).get(ACME), 401, "sign_in_unknown")
    assert not Token.objects.filter(user=world.mia, expires_at__gt=timezone.now()).exists()
    assert renewed not in kept.read_text()


def test_a_person_who_says_no_keeps_the_command_line_out(
    world: World, start: Start, live_server: LiveServer, tmp_path: Path
) -> None:
    login = start("login", "--url", live_server.url)
    world.client(world.mia).post(f"/identity/o/device?code={code_of(login)}", {"action": "deny"})
    assert "refused in the browser" in said(login, 3)
    assert not (tmp_path / "config.ini").exists()
