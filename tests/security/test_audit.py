"""`make audit` fails for a known hole, and for nothing else."""

import pytest

from sandbox import audit


def test_a_known_hole_fails_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    hole = {"id": "PYSEC-1", "fix_versions": ["1.1"]}
    answer = {
        "dependencies": [{"name": "one", "version": "1.0", "vulns": [hole]}, {"name": "two", "skip_reason": "x"}]
    }
    assert audit.report(answer) == 1
    assert capsys.readouterr().out.splitlines() == [
        "audit: one 1.0: PYSEC-1, mended in: 1.1",
        "audit: two was not checked: x",
        "audit: 2 packages, 1 known holes.",
    ]


def test_nobody_to_ask_is_said_and_fails_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert audit.report(None) == 0
    assert "nothing was checked" in capsys.readouterr().out
    monkeypatch.setattr(audit, "_tool", lambda: None)
    assert audit.main() == 0
    assert "nothing was checked" in capsys.readouterr().out
