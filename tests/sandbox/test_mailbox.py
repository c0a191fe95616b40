"""The sandbox's mailbox shows what the platform sent."""

from pathlib import Path

from django.core.mail import EmailMultiAlternatives, get_connection
from starlette.testclient import TestClient

from sandbox.mailbox.app import application


def test_a_mail_is_listed_read_and_its_file_opened(tmp_path: Path) -> None:
    kept = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(tmp_path))
    mail = EmailMultiAlternatives("A <code>", "As text", to=["paula@work.example"], connection=kept)
    mail.attach_alternative('<p>As "HTML"</p>', "text/html")
    mail.attach("bill.pdf", b"%PDF", "application/pdf")
    mail.send()
    client = TestClient(application(tmp_path))
    listed = client.get("/").text
    assert "A &lt;code&gt;" in listed
    assert "paula@work.example" in listed
    assert "No mail yet" in client.get("/?to=olga").text
    path = listed.split('href="')[1].split('"')[0]
    page = client.get(path).text
    assert "As text" in page
    assert "&lt;p&gt;As &quot;HTML&quot;&lt;/p&gt;" in page
    assert client.get(f"{path}0/").content == b"%PDF"
    assert (client.get(f"{path}1/").status_code, client.get("/none/").status_code) == (404, 404)
