"""The launch page: what to run, where, who may read it, what it costs at most."""

from apps.jobs.launch.views import estimate, link, new

__all__ = ["estimate", "link", "new"]
