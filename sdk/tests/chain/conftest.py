"""Asynchronous tests run on asyncio."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Choose asyncio alone."""
    return "asyncio"
