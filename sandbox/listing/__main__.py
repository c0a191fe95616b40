"""`python -m sandbox.listing --port N --markets FILE`: the list of markets on 127.0.0.1."""

from sandbox.listing.app import application
from sandbox.serving import part_serve

if __name__ == "__main__":
    part_serve("sandbox.listing", __doc__, application, markets="the catalogue that it lists")
