"""A wallet from the standard key file of the Solana tools."""

import json
from pathlib import Path

from solders.keypair import Keypair

from nosana.chain.errors import ChainError


def wallet_load(path: str | Path) -> Keypair:
    """Return the key pair of a file holding a JSON array of 64 bytes. Raises ChainError with a sentence."""
    path = Path(path).expanduser()
    try:
        return Keypair.from_bytes(bytes(json.loads(path.read_text())))
    except FileNotFoundError:
        raise ChainError(
            f"There is no key file {path}; make one with `solana-keygen new` or wallet_save."
        ) from None
    except (ValueError, TypeError, OSError):
        raise ChainError(f"{path} is not a key file: a JSON array of 64 bytes is expected.") from None


def wallet_save(keypair: Keypair, path: str | Path) -> None:
    """Write the key file, readable by its owner alone; never overwrites. Raises ChainError when it exists."""
    path = Path(path).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise ChainError(f"{path} exists already and is not overwritten.") from None
    path.write_text(json.dumps(list(bytes(keypair))))
