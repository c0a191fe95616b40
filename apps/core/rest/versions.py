"""Versions of things: whoever changes one may say which version they saw (ETag, If-Match)."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.utils.encoders import JSONEncoder

from apps.core.errors import AppError

TAG = re.compile(r'(?:W/)?"([^"]*)"')


class ChangedMeanwhile(AppError):
    """The thing is not any more what the caller saw."""

    code = "changed_meanwhile"
    status = 412

    def __init__(self) -> None:
        super().__init__(_("This has changed since you read it: read it again, then change what it is now."))


def tag_of(answer: Any, *, without: Collection[str] = ()) -> str:
    """Return the version of an answer, in quotes; members that change by themselves do not count."""
    if isinstance(answer, Mapping):
        answer = {name: value for name, value in answer.items() if name not in without}
    text = json.dumps(answer, cls=JSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def tag_among(tag: str, header: str) -> bool:
    """Return whether an If-Match or If-None-Match header names the version."""
    return header.strip() == "*" or tag.strip('"') in TAG.findall(header)
