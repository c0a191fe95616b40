"""`python -m sandbox.vies --port N --data DIR`: VIES on 127.0.0.1."""

from sandbox.serving import part_serve
from sandbox.vies.app import application

if __name__ == "__main__":
    part_serve("sandbox.vies", __doc__, application, data="folder that keeps what was set")
