"""placeholder"""


def apply(name):
    pass
