"""What every page's frame needs: the person's organisations and the one they are in."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's context; views under an organisation set `request.membership`."""
    return {"membership": getattr(request, "membership", None)}
