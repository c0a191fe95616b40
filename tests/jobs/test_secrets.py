"""Secrets of jobs: sealed, handed to nobody, used again unseen, refused where all can read."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from apps.core.errors import AppError
from apps.jobs.definitions import DefinitionRefused, secrets_lift
from apps.jobs.models import Job, Market, SecretSet
from apps.jobs.services import Mask, Privacy, SecretsMissing, definition_whole, job_launch, job_submit, mask_of
from apps.jobs.services.secrets import KEPT_AFTER, secrets_rotate, secrets_wipe
from apps.jobs.vault import VaultLocked, vault_keys
from apps.organisations.models import Approval, Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get
from apps.organisations.services import Actor
from tests.jobs.conftest import NOW
from tests.world import World

VALUE = "hf_AbCdEfGh-very-secret"
MARKED = {
    "version": "0.1",
    "type": "container",
    "ops": [
        {
            "type": "container/run",
            "id": "train",
            "args": {"image": "ubuntu", "env": {"AUTH": "Bearer %%secret.TOKEN%%", "MODE": "fast"}},
        }
    ],
}
LOGIN = {"docker": {"username": "acme", "password": VALUE}}
WRITTEN = {
    "version": "0.1",
    "type": "container",
    "ops": [
        {
            "type": "container/run",
            "id": "train",
            "args": {
                "image": "ghcr.io/acme/train",
                "authentication": LOGIN,
                "resources": [
                    {"type": "HF", "repo": "acme/model", "target": "/m", "accessToken": "hf_other_token"}
                ],
            },
        }
    ],
}
PRIVATE = Privacy(secrets={"TOKEN": VALUE})
Submit = Callable[..., Job]


def dump() -> str:
    """Return every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        text = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            text += [row for (row,) in cursor.fetchall()]
    return "\n".join(text)


def nowhere(secret: str) -> bool:
    """Return whether no table holds the secret, neither as text nor as bytes."""
    held = dump()
    return secret not in held and secret.encode().hex() not in held


def test_a_secret_is_in_no_table_and_only_the_node_gets_it(submit: Submit) -> None:
    job = submit(definition=MARKED, privacy=PRIVATE)
    assert job.definition == MARKED
    assert job.visibility == Job.Visibility.PRIVATE
    assert nowhere(VALUE)
    assert definition_whole(job)["ops"][0]["args"]["env"] == {"AUTH": f"Bearer {VALUE}", "MODE": "fast"}


def test_passwords_and_tokens_written_out_are_taken_out(submit: Submit) -> None:
    job = submit(definition=WRITTEN)
    assert job.definition["ops"][0]["args"]["authentication"]["docker"]["password"] == "%%secret.OP_0_PASSWORD%%"
    assert nowhere(VALUE)
    assert nowhere("hf_other_token")
    assert definition_whole(job) == WRITTEN


def test_what_comes_from_elsewhere_is_no_secret() -> None:
    definition = json.loads(json.dumps(WRITTEN).replace(VALUE, "%%global.variables.password%%"))
    _, found = secrets_lift(definition)
    assert list(found.values()) == ["hf_other_token"]


@pytest.mark.parametrize("definition", [MARKED, WRITTEN])
def test_a_public_job_may_have_no_secrets(submit: Submit, definition: Any) -> None:
    with pytest.raises(DefinitionRefused, match="can be read by anyone"):
        submit(definition=definition, privacy=Privacy(Job.Visibility.PUBLIC))
    assert not Job.objects.exists()
    assert not SecretSet.objects.exists()


def test_secrets_given_to_a_public_job_are_refused(submit: Submit) -> None:
    with pytest.raises(DefinitionRefused):
        submit(privacy=Privacy(Job.Visibility.PUBLIC, {"TOKEN": VALUE}))


@pytest.mark.parametrize(
    ("secrets", "sentence"),
    [
        ({}, "asks for the secret TOKEN"),
        ({"TOKEN": ""}, "TOKEN must be a text"),
        ({"TOKEN": "a\0b"}, "TOKEN must be a text"),
        ({"TOKEN": "x" * 40_000}, "TOKEN must be a text"),
        ({"TOKEN": VALUE, "OTHER": "x"}, "no place for the secret OTHER"),
        ({"TOKEN": VALUE, "1": "x"}, "letters, digits"),
    ],
)
def test_secrets_that_cannot_be_are_refused_and_never_repeated(
    submit: Submit, secrets: dict[str, str], sentence: str
) -> None:
    with pytest.raises(AppError, match=sentence) as refusal:
        submit(definition=MARKED, privacy=Privacy(secrets=secrets))
    assert VALUE not in str(refusal.value.fields) + refusal.value.message
    assert not SecretSet.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("secret.TOKEN", "secret.1-2", "letters, digits"),
        ('"AUTH"', '"%%secret.TOKEN%%"', "not the name of a key"),
        ('"id": "train"', '"id": "%%secret.TOKEN%%"', "args and in global alone"),
    ],
)
def test_a_mark_in_the_wrong_place_is_refused(submit: Submit, old: str, new: str, sentence: str) -> None:
    with pytest.raises(DefinitionRefused, match=sentence):
        submit(definition=json.loads(json.dumps(MARKED).replace(old, new)), privacy=PRIVATE)


def test_the_same_submission_again_is_the_same_job_and_other_secrets_are_another(submit: Submit) -> None:
    first = submit(definition=MARKED, privacy=PRIVATE)
    assert submit(definition=MARKED, privacy=PRIVATE) == first
    assert SecretSet.objects.count() == 1
    with pytest.raises(AppError, match="already used"):
        submit(definition=MARKED, privacy=Privacy(secrets={"TOKEN": "another"}))


def test_whoever_gave_secrets_uses_them_again_unseen_and_nobody_else(
    submit: Submit, rich: World, market: Market
) -> None:
    first = submit(definition=MARKED, privacy=PRIVATE)
    again = Privacy(reuse=first.secrets_id)
    second = submit(definition=MARKED, privacy=again, submission_key="two")
    assert second.secrets_id == first.secrets_id
    changed = submit(
        definition=MARKED, privacy=Privacy(secrets={"TOKEN": "new"}, reuse=first.secrets_id), submission_key="3"
    )
    assert definition_whole(changed)["ops"][0]["args"]["env"]["AUTH"] == "Bearer new"
    adam = membership_get(rich.adam, rich.acme.slug, Permission.JOBS_LAUNCH)
    with pytest.raises(SecretsMissing):
        submit(definition=MARKED, privacy=again, submission_key="four", membership=adam)


@pytest.mark.parametrize(
    ("definition", "privacy"), [(MARKED, PRIVATE), (WRITTEN, None)], ids=["named", "written out"]
)
def test_a_request_for_approval_keeps_the_secret_sealed(
    rich: World, market: Market, mia: Membership, definition: dict[str, Any], privacy: Privacy | None
) -> None:
    rich.acme.approval_job_micro = 1
    rich.acme.save()
    mia.organisation.refresh_from_db()
    made = job_launch(
        membership=mia, project=rich.project, market=market, definition=definition, timeout_s=600, name="Big",
        submission_key="one", privacy=privacy, actor=Actor.person(rich.mia), now=NOW,
    )  # fmt: skip
    assert isinstance(made, Approval)
    assert nowhere(VALUE)
    assert made.facts["secrets"] == str(SecretSet.objects.get().pk)


def test_what_a_node_sends_back_hides_the_secrets(submit: Submit) -> None:
    mask = mask_of(submit(definition=MARKED, privacy=PRIVATE).pk)
    assert mask.hide(f"got {VALUE}!") == "got •••!"
    assert mask.hide_in({VALUE: [f"a {VALUE}", 7, None]}) == {"•••": ["a •••", 7, None]}
    assert Mask({"PEM": "begin-of-key\nmiddle-of-key\n"}).hide("x middle-of-key") == "x •••"
    assert Mask({"SHORT": "1"}).hide("11 of 121") == "11 of 121"


def test_the_database_itself_refuses_secrets_of_a_public_job(submit: Submit) -> None:
    job = submit(definition=MARKED, privacy=PRIVATE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(visibility=Job.Visibility.PUBLIC)


def test_keys_are_rotated_and_the_old_one_may_go(submit: Submit, settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "jobs.json"
    settings.JOB_SECRETS_KEY_FILE = str(file)
    call_command("job_secrets_key", file=file)
    assert os.stat(file).st_mode & 0o077 == 0
    job = submit(definition=MARKED, privacy=PRIVATE)
    call_command("job_secrets_key", file=file)
    assert SecretSet.objects.get().key_number == 1
    assert secrets_rotate() == 1
    assert secrets_rotate() == 0
    keys = json.loads(file.read_text())
    file.write_text(json.dumps({"2": keys["2"]}))
    job = Job.objects.get(pk=job.pk)
    assert definition_whole(job)["ops"][0]["args"]["env"]["AUTH"] == f"Bearer {VALUE}"
    file.write_text(json.dumps({"2": keys["1"]}))
    with pytest.raises(VaultLocked):
        definition_whole(job)


def test_secrets_moved_to_another_row_open_nothing(submit: Submit) -> None:
    first = submit(definition=MARKED, privacy=PRIVATE)
    second = submit(definition=MARKED, privacy=Privacy(secrets={"TOKEN": "other"}), submission_key="two")
    SecretSet.objects.filter(pk=second.secrets_id).update(sealed=SecretSet.objects.get(pk=first.secrets_id).sealed)
    with pytest.raises(VaultLocked):
        definition_whole(Job.objects.get(pk=second.pk))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"1": "abc"}', '{"x": "00"}', "no"])
def test_in_production_a_missing_or_broken_key_is_loud(settings: Any, tmp_path: Path, text: str) -> None:
    settings.PRODUCTION = True
    file = tmp_path / "keys"
    file.write_text(text)
    settings.JOB_SECRETS_KEY_FILE = str(file)
    with pytest.raises(ImproperlyConfigured):
        vault_keys()
    settings.JOB_SECRETS_KEY_FILE = str(tmp_path / "none")
    with pytest.raises(ImproperlyConfigured):
        vault_keys()


def test_secrets_of_jobs_long_ended_are_wiped(submit: Submit) -> None:
    job = submit(definition=MARKED, privacy=PRIVATE)
    later = NOW + KEPT_AFTER + timedelta(days=1)
    assert secrets_wipe(now=later) == 0  # the job lives
    Job.objects.filter(pk=job.pk).update(state="stopped", ended_at=NOW)
    assert secrets_wipe(now=later) == 1
    kept = SecretSet.objects.get()
    assert (bytes(kept.sealed), kept.wiped_at) == (b"", later)
    with pytest.raises(SecretsMissing):
        submit(definition=MARKED, privacy=Privacy(reuse=kept.pk), submission_key="two")
    with pytest.raises(VaultLocked):
        definition_whole(Job.objects.get(pk=job.pk))


def test_nothing_of_a_privacy_that_is_printed_shows_a_secret(mia: Membership, rich: World, market: Market) -> None:
    assert VALUE not in repr(PRIVATE)
    with pytest.raises(AppError, match="private or public"):
        job_submit(
            membership=mia, project=rich.project, market=market, definition=MARKED, timeout_s=600, name="x",
            submission_key="k", privacy=Privacy("secret"), now=NOW,
        )  # fmt: skip
