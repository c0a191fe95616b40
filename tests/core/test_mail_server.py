"""A mail server that is no good harms nobody but the mail."""

import socket
from smtplib import SMTPServerDisconnected

import pytest
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend


def test_a_server_that_says_nothing_does_not_hold_the_worker_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        server = get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=port)
        assert isinstance(server, EmailBackend)
        assert server.timeout is not None
        assert server.timeout <= 60
        server.timeout = 0.1  # type: ignore[assignment]
        with pytest.raises(SMTPServerDisconnected, match="timed out"):
            server.open()
