"""Definitions are checked before anything is held or sent."""

import json
from typing import Any

from nosana.spec import definition_validate

from apps.core.errors import AppError

SIZE_LIMIT = 200_000  # bytes of JSON


class DefinitionRefused(AppError):
    """No node would run this definition; `fields` has a sentence for each path."""

    code = "definition_refused"


def definition_check(definition: Any) -> None:
    """Pass a definition that a node can run. Raises DefinitionRefused with every offence and its path."""
    text = json.dumps(definition)
    if len(text) > SIZE_LIMIT:
        raise DefinitionRefused(
            f"The definition has {len(text):,} bytes, the most is {SIZE_LIMIT:,}; move data into a resource."
        )
    fields: dict[str, list[str]] = {}
    for problem in definition_validate(definition):
        if problem.level == "error":
            fields.setdefault(problem.path or "definition", []).append(problem.sentence)
    if fields:
        path, sentences = next(iter(fields.items()))
        more = sum(map(len, fields.values())) - 1
        also = f" (and {more} more)" if more else ""
        raise DefinitionRefused(f"{path}: {sentences[0]}{also}", fields=fields)
    if definition.get("logistics"):
        sentence = "Private delivery (logistics) is not offered; take the key out, the definition is public."
        raise DefinitionRefused(f"logistics: {sentence}", fields={"logistics": [sentence]})
