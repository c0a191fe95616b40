"""Nosana from Python: the platform, job definitions, IPFS and the on-chain GPU market.

`from nosana import Nosana, AsyncNosana` is the platform; `nosana.chain` needs nothing of it, so that each part is only
loaded when it is asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nosana.client import AsyncNosana, Nosana, NosanaError

__all__ = ["AsyncNosana", "Nosana", "NosanaError", "__version__"]
__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    if name in ("AsyncNosana", "Nosana", "NosanaError"):
        return getattr(importlib.import_module("nosana.client"), name)
    raise AttributeError(f"module 'nosana' has no attribute {name!r}")
