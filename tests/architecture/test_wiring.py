"""Every name that is spelled as text exists."""

import ast
import re
from functools import cache

from django.utils.module_loading import import_string

from apps.core.queue import TASKS
from nosana_web.wiring import ANNOUNCEMENTS, PORTS
from tests.architecture.test_floors import ROOT, place, python_files


@cache
def every_call() -> list[tuple[str, str, ast.expr]]:
    """Return (place, name, first argument) of each call in the apps whose first argument is a text."""
    return [
        (place(path, node), getattr(node.func, "id", getattr(node.func, "attr", "")), node.args[0])
        for path in python_files("apps")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]


def calls(name: str) -> list[tuple[str, str]]:
    """Return (place, first argument) of each call of `name` with a text as its first argument."""
    return [
        (where, text.value)
        for where, called, text in every_call()
        if called == name and isinstance(text, ast.Constant) and isinstance(text.value, str)
    ]


def families(name: str) -> tuple[str, ...]:
    """Return what stands before the first gap of each name that `name` is called with as an f-string."""
    found = [
        text.values[0] for _, called, text in every_call() if called == name and isinstance(text, ast.JoinedStr)
    ]
    return tuple(str(begin.value) for begin in found if isinstance(begin, ast.Constant))


def test_every_enqueued_name_is_a_task() -> None:
    promised = calls("enqueue") + calls("enqueue_with")
    assert promised
    assert [(where, name) for where, name in promised if name not in TASKS] == []


def test_every_announcement_and_port_is_on_the_wiring_page_and_used() -> None:
    told = {name for _, name in calls("announce")}
    asked = {name for _, name in calls("ask")}
    assert told == set(ANNOUNCEMENTS)
    assert asked == {port for port in PORTS if not port.startswith(families("ask"))}


def test_every_listener_is_a_task_and_every_answerer_a_function() -> None:
    assert [name for listeners in ANNOUNCEMENTS.values() for name in listeners if name not in TASKS] == []
    assert all(callable(import_string(name)) for answerers in PORTS.values() for name in answerers)


def test_every_app_task_is_registered_under_its_own_app() -> None:
    ours = {name for name in TASKS if not name.startswith("tests.")}
    apps = {path.name for path in (ROOT / "apps").iterdir() if path.is_dir()}
    assert {re.split(r"\.", name)[0] for name in ours} <= apps
