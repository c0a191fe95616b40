"""What endpoints of jobs take and give. Credits are whole micro-NOS, times are whole seconds."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.core.errors import AppError
from apps.core.moments import moment_sent
from apps.core.rest import Body, Flag, Labels, Moment, Text
from apps.core.rest.pages import PageQuestion, ordered_by
from apps.jobs.models import Attempt, Job, JobEvent
from apps.jobs.policies import NearThen, Policy, QueueThen
from apps.jobs.selectors import ListedJob, ShownJob, running_cost
from apps.jobs.services import Estimate
from apps.jobs.state import Reason, State

SECONDS_MOST = 2**31 - 1


class PolicyShape(serializers.Serializer[Any]):
    """What happens by itself. All times are seconds, null means never."""

    queue_limit_s = serializers.IntegerField(allow_null=True, help_text="How long it may wait for a node.")
    queue_then = serializers.ChoiceField(choices=QueueThen.choices, help_text="What happens then.")
    silent_limit_s = serializers.IntegerField(
        allow_null=True, help_text="How long its node may give no sign of life until the job is ended."
    )
    reposts = serializers.IntegerField(help_text="How often it is listed again when a node gave it up.")
    near_then = serializers.ChoiceField(choices=NearThen.choices, help_text="Shortly before its time limit.")
    extend_by_s = serializers.IntegerField(help_text="Seconds of one extension.")
    extend_most_s = serializers.IntegerField(help_text="Seconds of the longest time limit.")


class PolicyChange(Body):
    """What shall happen by itself; what is left out stays as it is."""

    queue_limit_s = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=SECONDS_MOST)
    queue_then = serializers.ChoiceField(choices=QueueThen.choices, required=False)
    silent_limit_s = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=SECONDS_MOST)
    reposts = serializers.IntegerField(required=False, min_value=0, max_value=SECONDS_MOST)
    near_then = serializers.ChoiceField(choices=NearThen.choices, required=False)
    extend_by_s = serializers.IntegerField(required=False, min_value=0, max_value=SECONDS_MOST)
    extend_most_s = serializers.IntegerField(required=False, min_value=0, max_value=SECONDS_MOST)


class JobNew(Body):
    """A job to launch."""

    name = Text(max_length=120)
    definition = serializers.DictField(help_text="The definition, as an object.")
    market = Text(max_length=60, help_text="Its slug or its address.")
    timeout_s = serializers.IntegerField(
        min_value=0, max_value=SECONDS_MOST, help_text="The time limit; the job never costs more than this long."
    )
    project = Text(
        max_length=60, required=False, help_text="Its slug; left out, the oldest one you may launch in."
    )
    visibility = serializers.ChoiceField(choices=Job.Visibility.choices, default=Job.Visibility.PRIVATE)
    secrets = Labels(
        each=400_000, required=False, help_text="Values by name, for %%secret.NAME%% in the definition."
    )
    secrets_of = serializers.UUIDField(
        required=False, allow_null=True, help_text="A set of secrets you gave for an earlier job, used again."
    )
    policy = PolicyChange(required=False, help_text="Left out, what the organisation chose for new jobs.")
    template = Text(
        max_length=60, default="", allow_blank=True, help_text="The template it came from, for reports."
    )
    template_number = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=SECONDS_MOST,
        help_text="The version of that template.",
    )
    labels = Labels(required=False, help_text="Texts by name, by which usage is counted.")
    node = Text(
        max_length=60, default="", allow_blank=True,
        help_text="The address of the one node that shall run it; left out, the next free one.",
    )  # fmt: skip
    reason = Text(max_length=1000, default="", allow_blank=True, help_text="For those who approve it.")
    dry_run = Flag(default=False, help_text="Check everything, caps and balance included, and launch nothing.")

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Return what was sent. Raises ValidationError for the version of no template."""
        if wanted.get("template_number") is not None and not wanted["template"]:
            raise serializers.ValidationError(
                {"template_number": _("This is the version of a template; name it too.")}
            )
        return wanted


class JobChange(Body):
    """What can be changed of a job; what is left out stays."""

    name = Text(max_length=120, required=False)
    project = Text(max_length=60, required=False, help_text="The slug of the project it shall belong to.")


class JobExtend(Body):
    """More time for a job."""

    timeout_s = serializers.IntegerField(
        min_value=0, max_value=SECONDS_MOST, help_text="The new time limit, in all."
    )


class JobRelabelBody(Body):
    """Where reports shall count what a job has cost."""

    project = Text(max_length=60, help_text="The slug of the project.")
    labels = Labels(required=False, help_text="All labels it shall have; without them none.")
    reason = Text(max_length=200, help_text="One line for the audit trail.")


class CountedShape(serializers.Serializer[Any]):
    """Where reports count what a job has cost from now on."""

    project = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    records = serializers.IntegerField(help_text="How many settled records that are: one for each try.")


class EstimateShape(serializers.Serializer[Any]):
    """The most a job can cost, in micro-NOS."""

    network_micro = serializers.IntegerField()
    network_fee_micro = serializers.IntegerField()
    platform_fee_micro = serializers.IntegerField()
    total_micro = serializers.IntegerField(help_text="What would be held.")
    per_hour_micro = serializers.IntegerField()


class RehearsalShape(serializers.Serializer[Any]):
    """What would happen. What would be refused is refused, just as without `dry_run`."""

    dry_run = serializers.BooleanField()
    outcome = serializers.ChoiceField(
        choices=["launched", "approval"], help_text="`approval`: it would be asked for."
    )
    market = serializers.CharField()
    project = serializers.CharField()
    estimate = EstimateShape()


class JobShape(serializers.Serializer[Any]):
    """A job."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    reason = serializers.ChoiceField(choices=Reason.choices, allow_blank=True, help_text="Why it ended.")
    sentence = serializers.CharField(help_text="Why it is in this state, for people.")
    project = serializers.CharField()
    member = serializers.CharField(help_text="Who launched it.")
    market = serializers.CharField()
    timeout_s = serializers.IntegerField()
    visibility = serializers.ChoiceField(choices=Job.Visibility.choices)
    price_micro = serializers.IntegerField(help_text="Micro-NOS a second.")
    held_micro = serializers.IntegerField(help_text="The most its present try can cost.")
    cost_micro = serializers.IntegerField(help_text="So far; final once `settled`.")
    settled = serializers.BooleanField()
    attempt = serializers.IntegerField(allow_null=True, help_text="The number of its present try.")
    address = serializers.CharField(allow_null=True, help_text="Of its present try, on the chain.")
    node = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    queued_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    stop_requested_at = serializers.DateTimeField(allow_null=True)
    result_at = serializers.DateTimeField(allow_null=True)


class JobWhole(JobShape):
    """A job with what it runs."""

    definition = serializers.DictField(help_text="With marks in the places of secrets.")
    secrets = serializers.ListField(child=serializers.CharField(), help_text="The names of its secrets.")
    secrets_of = serializers.UUIDField(
        allow_null=True, help_text="To use its secrets again, for whoever gave them."
    )
    policy = PolicyShape()
    template = serializers.CharField(help_text="The template it came from, or nothing.")
    template_number = serializers.IntegerField(allow_null=True, help_text="The version of that template.")
    labels = serializers.DictField(child=serializers.CharField(), help_text="Texts by name.")
    node_wanted = serializers.CharField(allow_null=True, help_text="The one node that shall run it.")
    url = serializers.CharField(help_text="Its page, for people.")


class AttemptShape(serializers.ModelSerializer[Attempt]):
    """One try of a job on the chain."""

    class Meta:
        model = Attempt
        fields = (
            "number", "address", "run_address", "node", "definition_cid", "result_cid", "price_micro", "held_micro",
            "listed_at", "started_at", "ended_at", "list_signature", "settle_signature", "settle_slot", "seconds",
            "cost_micro", "fee_micro", "released_micro", "settled_at",
        )  # fmt: skip


class EventShape(serializers.ModelSerializer[JobEvent]):
    """One line of a job's timeline; what the chain did carries its signature and slot."""

    class Meta:
        model = JobEvent
        ref_name = "JobEvent"
        fields = ("seq", "at", "kind", "sentence", "state", "act", "signature", "slot")


class JobsQuestion(PageQuestion):
    """Which jobs: all, or narrowed."""

    order = ordered_by("name", "timeout_s")
    state = serializers.CharField(max_length=100, required=False, help_text="States, with commas between them.")
    project = Text(max_length=60, required=False, help_text="Its slug.")
    market = Text(max_length=60, required=False, help_text="Its slug.")
    member = Text(max_length=254, required=False, help_text="The e-mail address of who launched it.")
    q = Text(max_length=120, required=False, help_text="Part of the name, or the whole address.")
    since = Moment(required=False, help_text="Launched at this moment or later.")
    until = Moment(required=False, help_text="Launched before this moment.")

    def validate_state(self, text: str) -> list[str]:
        """Return the states named. Raises ValidationError."""
        states = [one.strip() for one in text.split(",")]
        if unknown := [one for one in states if one not in State.values]:
            raise serializers.ValidationError(
                _("There is no state “%(unknown)s”; states are %(values)s.")
                % {"unknown": unknown[0], "values": ", ".join(State.values)}
            )
        return states


def job_shape(job: ListedJob, now: datetime) -> dict[str, Any]:
    """Return a job as JobShape says."""
    attempt = job.attempt
    return {
        "id": str(job.pk),
        "name": job.name,
        "state": job.state,
        "reason": job.reason,
        "sentence": job.sentence,
        "project": job.project,
        "member": job.member,
        "market": job.market,
        "timeout_s": job.timeout_s,
        "visibility": job.visibility,
        "price_micro": job.price_micro,
        "held_micro": attempt.held_micro if attempt else 0,
        "cost_micro": running_cost(job, now),
        "settled": attempt is not None and attempt.settled_at is not None,
        "attempt": attempt and attempt.number,
        "address": attempt and attempt.address,
        "node": job.node or None,
        "created_at": moment(job.created_at),
        "queued_at": moment(job.queued_at),
        "started_at": moment(job.started_at),
        "ended_at": moment(job.ended_at),
        "stop_requested_at": moment(job.stop_requested_at),
        "result_at": moment(job.result_at),
    }


def job_whole(job: ShownJob, slug: str, now: datetime) -> dict[str, Any]:
    """Return a job as JobWhole says."""
    return job_shape(job.listed, now) | {
        "definition": job.definition,
        "secrets": job.secrets,
        "secrets_of": job.secrets_id and str(job.secrets_id),
        "policy": job.policy.facts,
        "template": job.template,
        "template_number": job.template_number,
        "labels": job.labels,
        "node_wanted": job.node_wanted or None,
        "url": f"{settings.BASE_URL}/o/{slug}/jobs/{job.listed.pk}/",
    }


def estimate_shape(estimate: Estimate) -> dict[str, int]:
    """Return the estimate as EstimateShape says."""
    return vars(estimate)


def moment(at: datetime | None) -> str | None:
    """Return a moment (UTC) as every answer writes it."""
    return moment_sent(at) if at else None


def policy_read(before: Policy, changes: dict[str, Any]) -> Policy:
    """Return the policy with these parts changed."""
    return Policy.read(before.facts | changes)


POLICY_FIELDS = {"queue_limit": "queue_limit_s", "silent_limit": "silent_limit_s", "timeout": "timeout_s"}
POLICY_FIELDS |= {"extend_by": "extend_by_s", "extend_most": "extend_most_s"}


def in_body_words(error: AppError) -> AppError:
    """Return a refusal of a job with its fields named by their paths in the body."""
    inside = {"definition_refused": "definition", "policy_refused": "policy"}.get(error.code)
    named = {}
    for path, sentences in error.fields.items():
        path = POLICY_FIELDS.get(path, path)
        under = inside and path not in (inside, "secrets", "visibility")
        named[f"{inside}.{path}" if under else path] = sentences
    error.fields = named
    return error
