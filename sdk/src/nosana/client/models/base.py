"""What every model of an answer has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, PrivateAttr

from nosana.client.modes import act

if TYPE_CHECKING:
    from nosana.client.core import Core


class Model(BaseModel):
    """An answer of the platform. Fields that a later version of it adds are kept, as they came.

    Words that the platform chooses from a list (states, kinds, reasons) are plain text, so that a new one breaks
    nothing. Credits are whole micro-NOS (1 credit = 1,000,000), money is whole minor units (cents), moments carry
    their zone.
    """

    model_config = ConfigDict(extra="allow", frozen=True, ignored_types=(act,), protected_namespaces=())

    _core: Any = PrivateAttr()  # Core

    def bind(self, core: Core) -> None:
        """Tie it, and what is inside, to the client that read it."""
        self._core = core
        for value in vars(self).values():
            for inner in value if isinstance(value, list) else (value,):
                if isinstance(inner, Model):
                    inner.bind(core)

    def raw(self) -> dict[str, Any]:
        """Return everything that came, as JSON has it."""
        return self.model_dump(mode="json", by_alias=True)
