"""Events are only taken from the platform."""

import base64
import json
from datetime import UTC, datetime

import pytest
from nosana.webhooks import VerificationError, sign, verify
from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes long").decode()
BODY = json.dumps({"id": "e1", "type": "job.completed"}).encode()
NOW = 1_790_000_000


def headers(**changes):
    return sign(BODY, SECRET, number="e1", moment=NOW) | changes


def test_an_event_of_the_platform_is_read():
    assert verify(BODY, headers(), SECRET, now=NOW + 299)["type"] == "job.completed"
    assert verify(BODY.decode(), {k.upper(): v for k, v in headers().items()}, SECRET, now=NOW)["id"] == "e1"


def test_while_a_secret_is_rotated_either_will_do():
    other = "whsec_" + base64.b64encode(b"another").decode()
    assert verify(BODY, headers(), [other, SECRET], now=NOW)
    both = sign(BODY, other, number="e1", moment=NOW)["webhook-signature"] + " " + headers()["webhook-signature"]
    assert verify(BODY, headers(**{"webhook-signature": both}), SECRET, now=NOW)


@pytest.mark.parametrize(
    "change",
    [{"webhook-id": "e2"}, {"webhook-timestamp": str(NOW + 1)}, {"webhook-signature": "v1,AAAA"},
     {"webhook-signature": "v2," + "A" * 44}, {"webhook-signature": ""}, {"webhook-timestamp": "now"},
     {"webhook-signature": "v1,ü"}],
)  # fmt: skip
def test_whatever_is_changed_is_refused(change):
    with pytest.raises(VerificationError):
        verify(BODY, headers(**change), SECRET, now=NOW)


def test_a_changed_body_and_an_old_event_are_refused():
    with pytest.raises(VerificationError, match="signature"):
        verify(BODY + b" ", headers(), SECRET, now=NOW)
    with pytest.raises(VerificationError, match="not of now"):
        verify(BODY, headers(), SECRET, now=NOW + 301)
    with pytest.raises(VerificationError, match="webhook-id is missing"):
        verify(BODY, {}, SECRET, now=NOW)


def test_it_agrees_with_the_standards_own_library():
    moment = datetime.now(UTC)
    theirs = Webhook(SECRET).sign("e9", moment, BODY.decode())
    sent = {"webhook-id": "e9", "webhook-timestamp": str(int(moment.timestamp())), "webhook-signature": theirs}
    assert verify(BODY, sent, SECRET)
    ours = sign(BODY, SECRET, number="e9", moment=int(moment.timestamp()))
    assert Webhook(SECRET).verify(BODY, ours)
