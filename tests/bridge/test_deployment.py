"""`check_deploy` asks the chain: the right cluster, and a treasury that can pay."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.bridge.chain import treasury_make
from apps.support.deployment.findings import part_findings
from apps.support.deployment.outside import of_chain

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    return [finding.sentence for finding in part_findings(of_chain, now=timezone.now())]


def test_a_treasury_without_nos_or_sol_is_named(chain_settings: Path, settings: Any, tmp_path: Path) -> None:
    assert told() == []
    settings.CHAIN_TREASURY_FILE = str(tmp_path / "poor.json")
    address = treasury_make(tmp_path / "poor.json")
    nos, sol = told()
    assert nos.startswith(f"The treasury {address} has no NOS for jobs: send some")
    assert "has 0.000 SOL, and a day takes" in sol


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [("CHAIN_GENESIS_HASH", "1" * 32, "genesis hash"), ("CHAIN_TREASURY_FILE", "/nowhere", "/nowhere")],
)
def test_another_cluster_and_a_missing_key_are_named(
    chain_settings: Path, settings: Any, setting: str, value: str, sentence: str
) -> None:
    setattr(settings, setting, value)
    [found] = told()
    assert sentence in found
