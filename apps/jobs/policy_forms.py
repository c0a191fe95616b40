"""The form of a policy: what a job does by itself. Times are minutes here, seconds in the policy."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.errors import AppError
from apps.jobs.policies import REPOSTS_MAXIMUM, NearThen, Policy, QueueThen

PREFIX = "policy"


class PolicyForm(forms.Form):
    """What a job does by itself while nobody looks."""

    queue_limit = forms.IntegerField(
        min_value=1,
        max_value=7 * 24 * 60,
        required=False,
        label=_("Wait in the queue, minutes at most"),
        help_text=_("Waiting costs nothing. Leave it empty to wait as long as it takes."),
    )
    queue_then = forms.ChoiceField(choices=QueueThen.choices, required=False, label=_("When that time is over"))
    reposts = forms.IntegerField(
        min_value=0,
        max_value=REPOSTS_MAXIMUM,
        label=_("List again when a node gives it up, times"),
        help_text=_("A try that a node gives up costs nothing, and the next holds no more than the first."),
    )
    silent_limit = forms.IntegerField(
        min_value=5,
        max_value=7 * 24 * 60,
        required=False,
        label=_("Stop a node that is silent for, minutes"),
        help_text=_("You do not pay for its silence. Leave it empty for never."),
    )
    near_then = forms.ChoiceField(
        choices=NearThen.choices, required=False, label=_("Shortly before its time limit")
    )
    extend_by = forms.IntegerField(
        min_value=1, max_value=7 * 24 * 60, required=False, label=_("Extend by, minutes")
    )
    extend_most = forms.IntegerField(
        min_value=1,
        max_value=7 * 24 * 60,
        required=False,
        label=_("Up to, minutes in all"),
        help_text=_("Each extension is held first, within balance and caps."),
    )

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Return the form filled in as the policy is."""
        return cls(
            prefix=PREFIX,
            initial={
                "queue_limit": policy.queue_limit_s and policy.queue_limit_s // 60,
                "queue_then": policy.queue_then,
                "reposts": policy.reposts,
                "silent_limit": policy.silent_limit_s and policy.silent_limit_s // 60,
                "near_then": policy.near_then,
                "extend_by": policy.extend_by_s // 60 or None,
                "extend_most": policy.extend_most_s // 60 or None,
            },
        )

    @classmethod
    def posted(cls, data: Mapping[str, Any], otherwise: Policy) -> Self:
        """Return the form as it was sent; as `otherwise` is, if the page had none."""
        return cls(data, prefix=PREFIX) if f"{PREFIX}-reposts" in data else cls.of(otherwise)

    def clean(self) -> dict[str, Any]:
        """Check that the parts make sense together."""
        data = super().clean() or {}
        if not self.errors:
            try:
                self.policy.check()
            except AppError as refusal:
                for field, sentences in refusal.fields.items():
                    self.add_error(field, list(sentences))
        return data

    @property
    def policy(self) -> Policy:
        """Return the policy of a form that was sent and is valid."""
        data = self.cleaned_data
        extends = (data.get("near_then") or NearThen.WARN) == NearThen.EXTEND
        return Policy(
            queue_limit_s=data["queue_limit"] * 60 if data.get("queue_limit") else None,
            queue_then=data.get("queue_then") or QueueThen.WAIT,
            silent_limit_s=data["silent_limit"] * 60 if data.get("silent_limit") else None,
            reposts=data["reposts"],
            near_then=data.get("near_then") or NearThen.WARN,
            extend_by_s=(data.get("extend_by") or 0) * 60 if extends else 0,
            extend_most_s=(data.get("extend_most") or 0) * 60 if extends else 0,
        )
