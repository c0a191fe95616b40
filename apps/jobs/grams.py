"""Three letters in a row as one number: what the search through all logs is indexed by."""

GRAM = 3  # letters
_BITS = 21  # of one character


def grams_of(text: str) -> set[int]:
    """Return every three neighbouring characters of the text, in small letters; none for a shorter text."""
    codes = [ord(letter) for letter in text.lower()]
    return {
        (one << 2 * _BITS) | (two << _BITS) | three
        for one, two, three in zip(codes, codes[1:], codes[2:], strict=False)
    }
