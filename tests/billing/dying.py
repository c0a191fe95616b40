"""Acts of billing in a process of their own that is killed before its nth SQL statement.

The process is forked from a server that has loaded Django and printed nothing: what prints has threads that a fork of
the tests' own process would lose.
"""

import multiprocessing
import os
import signal
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import django
from django.apps import apps

if not apps.ready:  # in the server, which loads this first
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
    django.setup()

from django.db import connection, connections  # noqa: E402 - after the setup

from apps.billing.services import invoice_issue, month_close, statements_sweep  # noqa: E402


def close_and_deliver(month: date, now: datetime, later: datetime) -> None:
    """Close a month, and deliver its statements."""
    month_close(month=month, now=now)
    statements_sweep(now=later)


def invoices_issue(due: Sequence[uuid.UUID], now: datetime) -> None:
    """Issue each invoice that is due."""
    for one in due:
        invoice_issue(invoice_due_id=one, now=now)


def killed_at(statement: int, act: Callable[..., None], *arguments: Any) -> bool:
    """Run the act in a process that is killed before its nth SQL statement; return whether it came to its end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.billing.dying"])
    place = {name: connection.settings_dict[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    process = context.Process(target=_run, args=(statement, place, act, arguments))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == 0


def _run(statement: int, place: dict[str, Any], act: Callable[..., None], arguments: Sequence[Any]) -> None:
    connections["default"].settings_dict.update(place)
    seen = 0

    def count(execute: Any, *rest: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*rest)

    with connection.execute_wrapper(count):
        act(*arguments)
