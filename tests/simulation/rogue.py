"""placeholder"""


def let_loose():
    return []
