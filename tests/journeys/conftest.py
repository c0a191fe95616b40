"""Journeys run beside much else: what is expected of a page may take its time."""

from playwright.sync_api import expect

expect.set_options(timeout=20_000)  # milliseconds
