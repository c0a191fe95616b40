"""Every name that is spelled as text exists."""

import ast
import re

from django.utils.module_loading import import_string

from apps.core.queue import TASKS
from nosana_web.wiring import ANNOUNCEMENTS, PORTS
from tests.architecture.test_floors import ROOT, place, python_files


def calls(name: str) -> list[tuple[str, str]]:
    """Return (place, first argument) of each call of `name` with a text as its first argument."""
    found = []
    for path in python_files("apps"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == name
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                found.append((place(path, node), node.args[0].value))
    return found


def families(name: str) -> set[str]:
    """Return what stands before the first gap of each name that `name` is called with as an f-string."""
    return {
        node.args[0].values[0].value
        for path in python_files("apps")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name and node.args
        if isinstance(node.args[0], ast.JoinedStr) and isinstance(node.args[0].values[0], ast.Constant)
    }


def test_every_enqueued_name_is_a_task() -> None:
    promised = calls("enqueue") + calls("enqueue_with")
    assert promised
    assert [(where, name) for where, name in promised if name not in TASKS] == []


def test_every_announcement_and_port_is_on_the_wiring_page_and_used() -> None:
    told = {name for _, name in calls("announce")}
    asked = {name for _, name in calls("ask")}
    assert told == set(ANNOUNCEMENTS)
    assert asked == {port for port in PORTS if not port.startswith(tuple(families("ask")))}


def test_every_listener_is_a_task_and_every_answerer_a_function() -> None:
    assert [name for listeners in ANNOUNCEMENTS.values() for name in listeners if name not in TASKS] == []
    assert all(callable(import_string(name)) for answerers in PORTS.values() for name in answerers)


def test_every_app_task_is_registered_under_its_own_app() -> None:
    ours = {name for name in TASKS if not name.startswith("tests.")}
    apps = {path.name for path in (ROOT / "apps").iterdir() if path.is_dir()}
    assert {re.split(r"\.", name)[0] for name in ours} <= apps
