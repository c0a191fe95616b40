"""How the platform answers: in one thread under ASGI, and with all it needs loaded beforehand."""

import gc
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler


def settle() -> None:
    """Load every view, and tell the garbage collector that what is loaded now stays as long as the process.

    It would else go through hundreds of thousands of objects again, every few requests, in the midst of an answer.
    """
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()


class OneThreadHandler(ASGIHandler):
    """Answers a request in one thread, from the first middleware to the view.

    Our middleware is synchronous, and so are nearly all views. Django would leave the thread after the last middleware
    and come back to it for the view, which takes longer than many a view does. What a stream sends is asked for by the
    event loop all the same.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        """Make the chain of a synchronous server, and enter it once."""
        super().load_middleware(is_async=False)
        chain: Any = sync_to_async(self._middleware_chain, thread_sensitive=True)  # type: ignore[has-type]
        self._middleware_chain = chain
