"""`manage.py job_trace <job id>`: where one job's money came from and went."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.jobs.models import Job
from apps.support.selectors import job_trace


class Command(BaseCommand):
    help = "Print a job's money trail (top-up, hold, cost, invoice) and the reconciliation as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job_id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            trace = job_trace(options["job_id"])
        except (Job.DoesNotExist, ValidationError):
            raise CommandError(f"There is no job {options['job_id']}; its id stands in its address.") from None
        self.stdout.write(json.dumps(trace))
