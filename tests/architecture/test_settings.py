"""Every variable that the settings read has its line in docs/settings.md, and every queue its workers."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from apps.support.loads import QUEUES

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r'\benv(?:\.\w+)?\(\s*"([A-Z][A-Z0-9_]+)"')
BY_NAME = {"GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"}  # made of a provider's name


def test_the_page_of_settings_names_what_is_read_and_nothing_else() -> None:
    code = [*(ROOT / "nosana_web" / "settings").glob("*.py"), ROOT / "apps" / "core" / "environment.py"]
    read = {name for file in code for name in READ.findall(file.read_text())} | BY_NAME
    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    told = re.findall(r"`(\w+)`", " ".join(rows))
    assert sorted(told) == sorted(read)


@pytest.mark.parametrize("file", ["compose.yaml", "sandbox/stage.py", "docs/operations.md"])
def test_every_queue_has_a_worker(file: str) -> None:
    queues = re.findall(r'-Q"?,? "?([a-z,]+)', (ROOT / file).read_text())
    assert {name for names in queues for name in names.split(",")} == {"default", *settings.TASK_QUEUES.values()}


def test_every_queue_has_its_figures() -> None:
    assert set(QUEUES) == {"default", *settings.TASK_QUEUES.values()}
