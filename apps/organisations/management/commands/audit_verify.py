"""`manage.py audit_verify [FILE]`: check a downloaded proof, or every organisation's whole trail."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.core.proofs import ProofBroken
from apps.organisations.audit_proofs import audit_proof_check
from apps.organisations.models import Organisation
from apps.organisations.selectors import audit_digests, audit_findings


class Command(BaseCommand):
    help = "Check a downloaded proof, or without FILE every organisation's trail, against the day digests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="a proof as the page of an event gives it")
        parser.add_argument("--digests", help="a file of digests that was kept, instead of the database's")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what does not hold and end with 1, or say that all holds."""
        if options["file"] is None and options["digests"] is not None:
            raise CommandError("--digests goes with a proof: name its FILE too.")
        if options["file"] is None:
            subject, sentences = "The audit trail", _trails()
        else:
            subject, sentences = "The proof", _proof(options["file"], options["digests"])
        try:
            count = self._say(sentences)
        except ProofBroken as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{subject} does not hold: {count} findings." if count else f"{subject} holds.")
        sys.exit(1) if count else None

    def _say(self, sentences: Iterable[str]) -> int:
        count = 0
        for count, sentence in enumerate(sentences, start=1):  # noqa: B007 - counted
            self.stdout.write(sentence)
        return count


def _trails() -> Iterator[str]:
    for organisation in Organisation.objects.order_by("slug").iterator():
        yield from (f"{organisation.slug} {sentence}" for sentence in audit_findings(organisation.pk))


def _proof(path: str, digests: str | None) -> Iterator[str]:
    proof = _read(path)
    if digests is not None:
        kept = _read(digests)
        published = kept.get("digests") if isinstance(kept, dict) else None
        if not isinstance(published, dict):
            raise CommandError(f"{digests} is no file of digests; download it from the page of the audit trail.")
        return audit_proof_check(proof, published)
    try:
        organisation_id = UUID(proof["organisation"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CommandError(f"{path} does not say whose trail it is about; download it again.") from error
    return audit_proof_check(proof, audit_digests(organisation_id))


def _read(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON ({error}); download it again.") from error
