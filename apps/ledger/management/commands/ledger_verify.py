"""`manage.py ledger_verify [FILE]`: check a downloaded proof, or the whole book, against the published digests."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.proofs import ProofBroken
from apps.ledger.proofs import proof_check
from apps.ledger.selectors import book_verify, digests_known, imbalances


class Command(BaseCommand):
    help = "Check a downloaded proof, or without FILE the whole book, against the published digests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="a proof as Billing gives it")
        parser.add_argument("--digests", help="a file of published digests, instead of the database's")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what does not hold and end with 1, or say that all holds."""
        if options["file"] is None and options["digests"] is not None:
            raise CommandError("--digests goes with a proof: name its FILE too.")
        if options["file"] is None:
            count = self._say(f"{f.day} {f.account}: {f.sentence}" for f in book_verify())
            count += self._say(f"{i.kind} {i.subject}: {i.sentence}" for i in imbalances())
            subject = "The book"
        else:
            published = _read(options["digests"])["digests"] if options["digests"] else digests_known()
            try:
                count = self._say(proof_check(_read(options["file"]), published))
            except ProofBroken as error:
                raise CommandError(str(error)) from error
            subject = "The proof"
        self.stdout.write(f"{subject} does not hold: {count} findings." if count else f"{subject} holds.")
        sys.exit(1) if count else None

    def _say(self, sentences: Any) -> int:
        count = 0
        for count, sentence in enumerate(sentences, start=1):  # noqa: B007 - counted
            self.stdout.write(sentence)
        return count


def _read(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON ({error}); download it again.") from error
