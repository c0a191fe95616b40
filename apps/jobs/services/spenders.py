"""For whom a job spends, and by what reports count it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from apps.billing.models import Hold


@dataclass(frozen=True)
class Spender:
    """With which API key a job came, whose caps bind it; its template and its labels, by which reports count it."""

    api_key_id: uuid.UUID | None = None
    template: str = ""
    template_number: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, hold_source: str) -> Self:
        """Return whose caps bound an earlier hold."""
        hold = Hold.objects.get(source=hold_source)
        dimensions = hold.dimensions
        return cls(hold.api_key_id, dimensions.get("template", ""), labels=dimensions.get("labels", {}))

    @property
    def dimensions(self) -> dict[str, Any]:
        """Return what reports count the hold by, beside its market."""
        return {"template": self.template, **({"labels": dict(self.labels)} if self.labels else {})}
