"""Base58 as Bitcoin, Solana and IPFS write it."""

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_INDEX = {letter: index for index, letter in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """Return the base58 text of the bytes; leading zero bytes become leading ones."""
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, rest = divmod(number, 58)
        text = ALPHABET[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def decode(text: str) -> bytes:
    """Return the bytes of a base58 text. Raises ValueError on a letter outside the alphabet."""
    number = 0
    for letter in text:
        if letter not in _INDEX:
            raise ValueError(f"{letter!r} is not a base58 letter; 0, O, I and l are never used.")
        number = number * 58 + _INDEX[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
