"""How Django answers under ASGI."""

from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler


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
