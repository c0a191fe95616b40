"""`manage.py check_deploy`: what a deployment lacks before it serves people; exit code 1 if anything."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.support.deployment.parts import Report, deployment_check


class Command(BaseCommand):
    """Prints a line per part or per thing that is missing, with how to mend it. Run it where the bridge's keys are."""

    help = __doc__
    requires_system_checks = ()  # they are among what it tells

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        report = deployment_check(now=timezone.now())
        if options["json"]:
            parts = {name: [asdict(one) for one in findings] for name, findings in report.parts.items()}
            self.stdout.write(json.dumps({"fit": report.fit, "parts": parts}))
        else:
            self._told(report)
        if not report.fit:
            sys.exit(1)

    def _told(self, report: Report) -> None:
        for name, findings in report.parts.items():
            for finding in findings:
                self.stdout.write(f"{'MISSING' if finding.missing else 'advice':<8} {name}: {finding.sentence}")
            if not findings:
                self.stdout.write(f"{'ok':<8} {name}")
        self.stdout.write("This deployment can serve people." if report.fit else "Mend what is missing first.")
