"""One chain a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.chain.stage import Stage, stages


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A chain in this process with its cast."""
    yield from stages(tmp_path)
