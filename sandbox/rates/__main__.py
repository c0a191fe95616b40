"""`python -m sandbox.rates --port N --data DIR`: prices of NOS on 127.0.0.1."""

from sandbox.rates.app import application
from sandbox.serving import part_serve

if __name__ == "__main__":
    part_serve("sandbox.rates", __doc__, application, data="folder that keeps what was set")
