"""Each alert leads to its place in the runbook."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_each_alert_names_a_place_of_the_runbook_that_there_is() -> None:
    rules = yaml.safe_load((ROOT / "operations/alerts.yml").read_text())["groups"][0]["rules"]
    titles = re.findall(r"^## (\w+)$", (ROOT / "docs/runbooks.md").read_text(), re.MULTILINE)
    for rule in rules:
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}", rule["alert"]
    assert sorted(titles) == sorted(rule["alert"] for rule in rules)
