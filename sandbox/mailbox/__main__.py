"""`python -m sandbox.mailbox --port N --data DIR`: the mails in a folder, as pages on 127.0.0.1."""

from sandbox.mailbox.app import application
from sandbox.serving import part_serve

if __name__ == "__main__":
    part_serve("sandbox.mailbox", __doc__, application, data="folder that the platform writes its mails to")
