"""Acts of billing in a process of their own that is killed before its nth SQL statement.

`python -m tests.billing.dying` loads the platform, prints nothing and forks for each act: what prints has threads that
a fork of the tests' own process would lose.
"""

import functools
import os
import pickle
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import django
from django.apps import apps

if not apps.ready:  # in the process that forks
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


@functools.cache
def forking() -> "subprocess.Popen[bytes]":
    """Return the process that forks, which ends with this one."""
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-m", "tests.billing.dying"], stdin=pipe, stdout=pipe)


def killed_at(statement: int, act: Callable[..., None], *arguments: Any) -> bool:
    """Run the act in a process that is killed before its nth SQL statement; return whether it came to its end."""
    place = {name: connection.settings_dict[name] for name in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    server = forking()
    assert server.stdin is not None
    assert server.stdout is not None
    pickle.dump((statement, place, act, arguments), server.stdin)
    server.stdin.flush()
    code = int(server.stdout.readline())
    assert code in (0, -signal.SIGKILL)
    return code == 0


def _run(statement: int, place: dict[str, Any], act: Callable[..., None], arguments: Sequence[Any]) -> None:
    signal.alarm(60)
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


def main() -> None:
    """Fork for each act that is asked for, and say with which code it ended."""
    while True:
        try:
            asked = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the test alone
        except EOFError:
            return
        child = os.fork()
        if not child:
            _run(*asked)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
