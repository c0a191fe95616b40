"""docs/chain.md runs as it stands."""

import re
import subprocess
import sys
from pathlib import Path

from nosana.chain import wallet_save
from solders.keypair import Keypair

from tests.sandbox.chain.serving import ROOT, Served

TEXT = (ROOT / "docs" / "chain.md").read_text()


def printed(code: str, *arguments: str) -> str:
    """Return what a script prints."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_examples_print_what_the_page_says(tmp_path: Path) -> None:
    first, whole = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    expected = re.search(r"It prints:\n\n```\n(.*?)```", TEXT, re.S)
    assert expected is not None
    with Served(tmp_path / "chain", "--slot-ms", "100") as served:
        for name in ("owner", "customer", "node"):
            pair = Keypair()
            wallet_save(pair, tmp_path / name)
            gifts = {"customer": {"nos": 10**8}, "node": {"stake": 0}}.get(name, {})
            served.faucet(str(pair.pubkey()), lamports=10**9, **gifts)
        assert printed(whole, served.url, str(tmp_path)) == expected[1]
        five = first.replace("http://127.0.0.1:8899", served.url)
        assert len(five.split("\n\n")[0].splitlines()) + len(five.split("\n\n")[1].splitlines()) <= 5
        without = five + '\nimport sys\nassert not any(name.startswith("django") for name in sys.modules)'
        assert " 43 micro-NOS a second; 0 nodes wait" in printed(without)
