"""Versions of things: whoever changes one may say which version they saw (ETag, If-Match)."""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import SerializationFailure
from rest_framework.utils.encoders import JSONEncoder

from apps.core.errors import AppError

R = TypeVar("R")
TAG = re.compile(r'(?:W/)?"([^"]*)"')


class ChangedMeanwhile(AppError):
    """The thing is not any more what the caller saw."""

    code = "changed_meanwhile"
    status = 412

    def __init__(self) -> None:
        super().__init__(_("This has changed since you read it: read it again, then change what it is now."))


def unchanged(seen: str, tag: Callable[[], str], act: Callable[[], R]) -> R:
    """Return the act's result, done while the thing is what the header `seen` names and in the same snapshot.

    Somebody else who changes a row the act changes too makes the database refuse ours: then it is held against what
    there is now. No lock is taken early, so the act's own order of locks stands. Raises ChangedMeanwhile.
    """
    for last in (False, False, True):
        alone = not connection.in_atomic_block  # inside of another transaction its own isolation holds
        try:
            with transaction.atomic():
                if alone:
                    with connection.cursor() as cursor:
                        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                if not tag_among(tag(), seen):
                    raise ChangedMeanwhile
                return act()
        except OperationalError as error:
            if not alone or not isinstance(error.__cause__, SerializationFailure):
                raise
            if last:
                raise ChangedMeanwhile from error
    raise AssertionError("unreachable")


def tag_of(answer: Any, *, without: Collection[str] = ()) -> str:
    """Return the version of an answer, in quotes; members that change by themselves do not count."""
    if isinstance(answer, Mapping):
        answer = {name: value for name, value in answer.items() if name not in without}
    text = json.dumps(answer, cls=JSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def tag_among(tag: str, header: str) -> bool:
    """Return whether an If-Match or If-None-Match header names the version."""
    return header.strip() == "*" or tag.strip('"') in TAG.findall(header)
