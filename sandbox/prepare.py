"""Makes the platform's database and keys ready before its processes start: `python -m sandbox.prepare`.

One process for all of it, since each start of Django costs a second or two. Every act may be repeated: a start that
was cut off anywhere goes on at the next. The treasury's NOS is booked before the faucet gives it, because the
booking is keyed and the faucet is asked only while the treasury is empty.
"""

import argparse
import io
import json
import sys

import django
import httpx
from django.core.management import call_command

LAMPORTS = 100_000_000_000


def said(command: str, *arguments: str) -> str:
    """Run a management command and return what it printed."""
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def faucet(rpc_url: str, address: str, micro: int) -> None:
    """Give NOS and SOL to an address on the sandbox's chain. Raises RuntimeError with the chain's sentence."""
    wish = {"to": address, "nos": micro, "lamports": LAMPORTS, "stake": None}
    body = {"jsonrpc": "2.0", "id": 1, "method": "sandboxFaucet", "params": [wish]}
    answer = httpx.post(rpc_url, json=body, trust_env=False, timeout=30).json()
    if "error" in answer:
        raise RuntimeError(f"the faucet refused: {answer['error']['message']}")


def main() -> None:
    """Migrate, read the rates, make the keys, fund the treasury."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.prepare", description=__doc__)
    parser.add_argument("--keys", required=True, help="folder for the master seed and the treasury's key")
    parser.add_argument("--rpc", required=True, help="address of the sandbox's chain")
    parser.add_argument("--nos", type=int, required=True, help="NOS the treasury starts with")
    options = parser.parse_args()
    django.setup()
    call_command("migrate", verbosity=0)
    said("bridge_keys_make", "--dir", options.keys)
    said("rate_read")
    said("treasury_fund", "--nos", str(options.nos), "--reference", "sandbox-faucet")
    treasury = json.loads(said("treasury"))
    if not treasury["nos_micro"]:
        faucet(options.rpc, treasury["address"], options.nos * 1_000_000)
    else:  # a later start: what was read before the pause is old, and staff need not wait for the next reading
        said("treasury", "--keep")
    sys.stdout.write("prepared\n")


if __name__ == "__main__":
    main()
