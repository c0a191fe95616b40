"""Wiring of the platform: settings, URLs, processes. No rules live here."""

from nosana_web.celery import app as celery_app

__all__ = ["celery_app"]
