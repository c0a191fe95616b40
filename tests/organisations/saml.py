"""A SAML provider in a few lines: it signs what a test wants it to say."""

import base64
import re
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.test import Client
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Words
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Saml

HOST = "127.0.0.1"
ISSUER = "https://idp.acme.example/metadata"
ASSERTION = """<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a{serial}" Version="2.0"
 IssueInstant="{now}"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject>
<saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{email}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{recipient}"{question}/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{before}" NotOnOrAfter="{until}">
<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="_s{serial}"><saml:AuthnContext>
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement></saml:Assertion>"""
RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r{serial}" Version="2.0" IssueInstant="{now}"
 Destination="{destination}"{question}><saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
{assertion}</samlp:Response>"""


def browser() -> Client:
    """Return a browser that names a host as browsers do."""
    return Client(headers={"host": HOST})


@dataclass
class Idp:
    """A provider with a key of its own."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @property
    def certificate(self) -> str:
        """Return its certificate, as owners paste it."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        made = (
            made.serial_number(1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=9))
        )
        signed = made.sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def answer(self, key: str, request: str, email: str, *, sign: bool = True, **lies: Any) -> str:
        """Return the answer to a request ("": to none), base64 as a browser posts it; `lies` replace what it says."""
        base, now = f"http://{HOST}/accounts/saml/{key}", datetime.now(UTC)
        facts = {
            "serial": request[-8:] or "unasked",
            "now": _moment(now),
            "before": _moment(now - timedelta(minutes=2)),
            "until": _moment(now + timedelta(minutes=5)),
            "issuer": ISSUER,
            "email": email,
            "audience": f"{base}/metadata/",
            "recipient": f"{base}/acs/",
            "destination": f"{base}/acs/",
            "question": f' InResponseTo="{request}"' if request else "",
        } | lies
        assertion = ASSERTION.format(**facts)
        if sign:
            pem = self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            ).decode()
            signed = Saml.add_sign(
                assertion, pem, self.certificate, sign_algorithm=Words.RSA_SHA256, digest_algorithm=Words.SHA256
            )
            assertion = signed.decode() if isinstance(signed, bytes) else signed
        return base64.b64encode(RESPONSE.format(**facts, assertion=assertion).encode()).decode()


def asked(client: Client) -> str:
    """Begin to sign in at Acme; return the id of the request that the browser carries to the provider."""
    page = client.post("/sign-in/?organisation=acme").content.decode()
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
    assert found is not None, page[-1500:]
    packed = parse_qs(urlsplit(unescape(found[1])).query)["SAMLRequest"][0]
    request = re.search(r'\bID="([^"]+)"', zlib.decompress(base64.b64decode(packed), -15).decode())
    assert request is not None
    return request[1]


def brought(client: Client, key: str, answer: str) -> Any:
    """Bring the provider's answer; return the last page."""
    return client.post(f"/accounts/saml/{key}/acs/", {"SAMLResponse": answer}, follow=True)


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
