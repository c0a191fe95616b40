"""The mailbox of everybody in the sandbox: reads the mails that the platform sent, in a browser."""
