"""Keys are changed while the platform runs: what was made with the old one still opens, until nothing needs it.

Each kind of key is rehearsed where it is at home: keys of the API in tests/organisations/test_keys.py, secrets of
webhooks in tests/notifications/test_webhooks.py, keys for the secrets of jobs in tests/jobs/test_secrets.py, second
factors in tests/users/test_factors.py, the master seed in tests/bridge/test_keys.py; here is the rest of Django's key.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from apps.core import mail
from apps.core.models import Mail
from apps.notifications.models import Endpoint
from apps.notifications.services import deliveries_send, endpoint_create, event_emit
from apps.organisations.models import Provider
from tests.notifications.receiver import receiver
from tests.organisations.keys import actor, grant
from tests.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NEW = "n3w-k3y-0f-r4ndom-l3tters-that-nobody-guesses-in-a-hundred-years"


def sealed_things(world: World, url: str) -> str:
    """Make a webhook, a sign-in and a mail that hold secrets; return the webhook's."""
    made = endpoint_create(grant=grant(world.olga), url=url, actor=actor(world.olga), now=NOW)
    provider = Provider(
        organisation=world.acme, kind="openid_connect", issuer="https://id.example", client_id="us"
    )
    provider.secret_set("of the sign-in")
    provider.created_at = provider.updated_at = NOW
    provider.save()
    mail.mail_queue(key="link:1", to="a@b.example", subject="s", text="the link", sealed=True)
    return made.secret


def delivered_with(world: World, secret: str, hook: Any) -> None:
    """Tell an event, and expect it signed with the secret."""
    with transaction.atomic():
        event_emit(
            organisation_id=world.acme.pk,
            type="job.completed",
            subject=uuid.uuid4().hex,
            key=uuid.uuid4().hex,
            data={},
            now=timezone.now(),
        )
    deliveries_send(now=timezone.now())
    Webhook(secret).verify(hook.bodies[-1], hook.headers[-1])


def test_after_a_new_secret_key_everything_opens_and_the_old_one_may_go(
    world: World, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with receiver() as hook:
        secret = sealed_things(world, hook.url)
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [settings.SECRET_KEY]
        delivered_with(world, secret, hook)
        call_command("seals_renew")
        told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
        assert told == [
            "mails 1 sealed anew",
            "second factors 0 sealed anew",
            "sign-ins of organisations 1 sealed anew",
            "webhooks and chats 1 sealed anew",
        ]
        settings.SECRET_KEY_FALLBACKS = []
        delivered_with(world, secret, hook)
    assert Provider.objects.get().secret == "of the sign-in"
    assert mail.mail_words(Mail.objects.get(key="link:1"))[0] == "the link"
    call_command("seals_renew")
    assert "1 sealed" not in capsys.readouterr().out


def test_a_key_taken_away_too_early_is_told_and_nothing_is_lost(
    world: World, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed_things(world, "https://acme.example/hook")
    before, old = Endpoint.objects.get().secret, settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    with pytest.raises(SystemExit):
        call_command("seals_renew")
    assert "webhooks and chats         0 sealed anew, 1 that no key opens" in capsys.readouterr().out
    assert Endpoint.objects.get().secret == before
    with pytest.raises(InvalidToken):
        mail.mail_words(Mail.objects.get(key="link:1"))
    settings.SECRET_KEY_FALLBACKS = [old]
    call_command("seals_renew")


def test_whoever_is_signed_in_stays_so_when_the_secret_key_changes(world: World, settings: Any) -> None:
    browser: Client = world.client(world.olga)
    address = f"/o/{world.acme.slug}/"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [settings.SECRET_KEY]
    assert browser.get(address).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert browser.get(address).status_code == 200
