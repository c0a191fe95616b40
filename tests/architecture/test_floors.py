"""The house's plan, held against its imports (docs/architecture.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "users": {"core"},
    "ledger": {"core"},
    "organisations": {"core", "users"},
    "notifications": {"core", "users", "organisations"},
    "billing": {"core", "organisations", "notifications", "ledger"},
    "payments": {"core", "organisations", "notifications", "billing"},
    "jobs": {"core", "organisations", "notifications", "billing"},
    "bridge": {"core", "jobs"},
    "console": {
        "core",
        "users",
        "ledger",
        "organisations",
        "notifications",
        "billing",
        "payments",
        "jobs",
        "bridge",
    },
}
MAY_IMPORT["support"] = MAY_IMPORT["console"]
# Foreign packages that only one place may know, so that a change of theirs is a change of one file.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "stripe": ("apps/payments/gateway/client.py",),
    "solders": ("apps/bridge/chain.py", "apps/bridge/signing.py"),
    "solana": ("apps/bridge/chain.py",),
    "nosana.chain": ("apps/bridge/chain.py", "apps/bridge/signing.py"),
}
MAX_LINES, MAX_FUNCTION = 400, 60


def python_files(*folders: str) -> list[Path]:
    """Return our own Python files, without migrations."""
    files = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in files if "migrations" not in path.parts and "var" not in path.parts)


def imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Yield every dotted module name the file imports, with its statement."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def place(path: Path, node: ast.AST) -> str:
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{shown}:{getattr(node, 'lineno', 1)}"


def offences_of_floors(path: Path, app: str) -> list[str]:
    """Return each import that reaches a floor the app may not know."""
    offences = []
    for name, node in imports(path):
        parts = name.split(".")
        if parts[0] in ("sandbox", "tests", "nosana_web"):
            offences.append(f"{place(path, node)} apps never import {parts[0]}")
        elif parts[0] == "apps" and len(parts) > 1 and parts[1] != app and parts[1] not in MAY_IMPORT[app]:
            offences.append(f"{place(path, node)} {app} may not know {parts[1]}")
    return offences


@pytest.mark.parametrize("app", sorted(MAY_IMPORT))
def test_an_app_imports_only_from_floors_below(app: str) -> None:
    files = python_files(f"apps/{app}")
    assert files
    assert [line for path in files for line in offences_of_floors(path, app)] == []


def test_the_sdk_imports_nothing_of_ours() -> None:
    foreign = [
        place(path, node)
        for path in python_files("sdk/src")
        for name, node in imports(path)
        if name.split(".")[0] in ("apps", "sandbox", "nosana_web", "django", "tests")
    ]
    assert foreign == []


def test_few_files_talk_to_stripe_and_to_the_chain() -> None:
    offences = [
        f"{place(path, node)} {package} belongs in {' or '.join(homes)}"
        for path in python_files("apps", "nosana_web")
        for name, node in imports(path)
        for package, homes in ONLY_IN.items()
        if (name == package or name.startswith(package + ".")) and path not in [ROOT / home for home in homes]
    ]
    assert offences == []


def test_imports_stand_at_the_top_of_their_file() -> None:
    offences = [
        place(path, inner)
        for path in python_files("apps", "nosana_web", "sdk/src", "sandbox")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert offences == []


def test_no_model_signals() -> None:
    offences = [
        place(path, node)
        for path in python_files("apps")
        for name, node in imports(path)
        if name.startswith("django.db.models.signals") or name == "django.dispatch.receiver"
    ]
    assert offences == []


@pytest.mark.parametrize("call", [r"\.delay\(", r"\.apply_async\(", r"\.send_task\("])
def test_only_the_queue_speaks_to_the_broker(call: str) -> None:
    users = [path for path in python_files("apps", "nosana_web") if re.search(call, path.read_text())]
    assert {path.relative_to(ROOT).as_posix() for path in users} <= {"apps/core/queue.py"}


def test_files_and_functions_fit_a_reader() -> None:
    long = []
    for path in python_files("apps", "nosana_web", "sdk", "sandbox", "tests", "benchmarks"):
        text = path.read_text()
        if text.count("\n") > MAX_LINES:
            long.append(f"{place(path, ast.Module([], []))} has {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MAX_FUNCTION:
                    long.append(f"{place(path, node)} {node.name} has {lines} lines")
    assert long == []


def test_the_plan_names_the_line_that_breaks_it(tmp_path: Path) -> None:
    forged = tmp_path / "forged.py"
    forged.write_text("import json\nfrom apps.jobs.models import Job\nimport sandbox.chain\n")
    assert offences_of_floors(forged, "billing") == [
        f"{forged}:2 billing may not know jobs",
        f"{forged}:3 apps never import sandbox",
    ]
    assert offences_of_floors(forged, "console") == [f"{forged}:3 apps never import sandbox"]
