"""`python -m sandbox.ipfs --port N --data DIR`: pinning service and gateway on 127.0.0.1."""

from sandbox.ipfs.app import application
from sandbox.serving import part_serve

if __name__ == "__main__":
    part_serve("sandbox.ipfs", __doc__, application, data="folder that keeps the content")
