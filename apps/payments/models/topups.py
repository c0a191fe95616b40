"""Top-ups: one row a payment by card, its state, and what is known of it at Stripe."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.billing.models import Quote
from apps.core.ids import uuid7
from apps.organisations.models import Organisation
from apps.payments.methods import CARD, Method, method_named
from apps.payments.models.cards import Card


class TopUp(models.Model):
    """One card payment that becomes credits at its quote's rate; the quote holds the amounts."""

    class State(models.TextChoices):
        CREATED = "created", _("Created")  # written here, not yet answered by Stripe
        OPEN = "open", _("Waiting for payment")
        PROCESSING = "processing", _("On its way")  # promised by a bank, and not yet arrived
        HELD = "held", _("Being looked at")  # paid, and waits for staff before its credits come
        PAID = "paid", _("Paid")
        CANCELLED = (
            "cancelled",
            _("Cancelled"),
        )  # the person came back without paying; the session may still be open
        EXPIRED = "expired", _("Expired")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="topups")
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="topup")
    settled_quote = models.OneToOneField(
        Quote,
        on_delete=models.PROTECT,
        null=True,
        related_name="settled_topup",
        help_text="At the rate of the settlement, where the money came days after the quote.",
    )
    method = models.CharField(max_length=30, default="card", help_text="The way to pay, as Stripe names it.")
    card_country = models.CharField(max_length=2, blank=True, help_text="Of the card or account that paid.")
    ip_country = models.CharField(max_length=2, blank=True, help_text="Where the person was who went to pay.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    automatic = models.BooleanField(
        default=False, help_text="Started by the organisation's rule, not by a person."
    )
    card = models.ForeignKey(
        Card, null=True, on_delete=models.PROTECT, related_name="+", help_text="What an automatic one charges."
    )
    keep_card = models.BooleanField(default=False, help_text="The person chose to keep the card that pays.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it failed, as the person reads it.")
    stripe_session_id = models.CharField(max_length=255, null=True, unique=True)
    checkout_url = models.TextField(blank=True)
    payment_intent = models.CharField(max_length=255, null=True, unique=True)
    fee_minor = models.BigIntegerField(null=True, help_text="Stripe's fee, once Stripe has told it.")
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True, help_text="When the sweep last asked Stripe about it.")
    closed_at = models.DateTimeField(null=True, help_text="From when Stripe has nothing more to tell about it.")
    parked_reason = models.TextField(blank=True, help_text="Why a person must look.")
    ip_address = models.CharField(max_length=45, blank=True, help_text="From where somebody went to pay.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Stripe's word for the card that paid.")
    risk_level = models.CharField(max_length=20, blank=True, help_text="What Radar says of the payment.")
    risk_score = models.PositiveSmallIntegerField(null=True, help_text="Radar's figure, from 0 to 99.")
    held_reason = models.CharField(
        max_length=300, blank=True, help_text="Why it was held before its credits came."
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who let it go on.",
    )
    released_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "top-up"
        permissions = [("release_topup", _("Can release held top-ups"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["created", "open", "processing", "held", "paid", "cancelled", "expired", "failed"]
                ),
                name="topup_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="paid")
                | models.Q(paid_at__isnull=False, payment_intent__isnull=False)
                & (models.Q(stripe_session_id__isnull=False) | models.Q(automatic=True)),
                name="topup_paid_by_an_intent",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="held")
                | models.Q(payment_intent__isnull=False, paid_at__isnull=False) & ~models.Q(held_reason=""),
                name="topup_held_by_an_intent",
            ),
            models.CheckConstraint(
                condition=models.Q(automatic=False) | models.Q(card__isnull=False),
                name="topup_automatic_has_a_card",
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(automatic=True, closed_at=None) & ~models.Q(state="paid"),
                name="topup_one_automatic_in_flight",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-id"], name="topup_newest_first"),
            models.Index(fields=["created_at"], name="topup_made_at"),  # for counting an hour, whoever it was
            models.Index(
                fields=["created_at"], condition=models.Q(closed_at=None, parked_reason=""), name="topup_unclosed"
            ),
        ]

    @property
    def way(self) -> Method:
        """Return how it is paid."""
        return method_named(self.method)

    @property
    def price(self) -> Quote:
        """Return the quote that counts: that of the settlement, once there is one."""
        return self.settled_quote or self.quote

    @property
    def settles_later(self) -> bool:
        """Return whether its credits are counted at the rate of the day the money arrives."""
        return self.method != CARD

    def __str__(self) -> str:
        return f"top-up {self.id}"
