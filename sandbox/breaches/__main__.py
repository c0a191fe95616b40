"""`python -m sandbox.breaches --port N`: the register of breached passwords on 127.0.0.1."""

from sandbox.breaches.app import application
from sandbox.serving import part_serve

if __name__ == "__main__":
    part_serve("sandbox.breaches", __doc__, application)
