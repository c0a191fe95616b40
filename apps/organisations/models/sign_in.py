"""How an organisation's people sign in: the domains it has proven, and its own sign-in."""

from django.db import models

from apps.core.ids import uuid7
from apps.core.seals import seal, unseal
from apps.organisations.models.organisations import Organisation
from apps.organisations.roles import Role
from apps.users.ways import ORGANISATION_PREFIX

PURPOSE = "organisations.provider"
JOIN_ROLES = (Role.BILLING, Role.DEVELOPER, Role.VIEWER)


class Domain(models.Model):
    """A domain of mail addresses that an organisation says is its own; proven once `verified_at` is set."""

    class By(models.TextChoices):
        DNS = "dns", "DNS"
        STAFF = "staff", "Staff"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="domains")
    name = models.CharField(max_length=253, help_text="Lower-case, as DNS writes it.")
    token = models.CharField(max_length=64, help_text="What its TXT record must say.")
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=5, choices=By.choices, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When DNS last said something about it.")
    missing_since = models.DateTimeField(null=True, blank=True, help_text="Since when DNS lacks its record.")
    join_role = models.CharField(
        max_length=20,
        blank=True,
        choices=[(role.value, role.label) for role in JOIN_ROLES],
        help_text="Whoever confirms an address of it becomes a member with this role; empty: nobody does.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name"], name="domain_once"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(verified_at__isnull=False), name="domain_proven_once"
            ),
            models.CheckConstraint(
                condition=models.Q(join_role="") | models.Q(join_role__in=JOIN_ROLES, verified_at__isnull=False),
                name="domain_joins_when_proven",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def record_name(self) -> str:
        """Where the TXT record stands."""
        return f"_nosana-web.{self.name}"

    @property
    def record_text(self) -> str:
        """What it says."""
        return f"nosana-web-verification={self.token}"


class Provider(models.Model):
    """An organisation's own sign-in. Another issuer is another row: who it named before means nothing to it."""

    class Kind(models.TextChoices):
        OIDC = "openid_connect", "OpenID Connect"
        SAML = "saml", "SAML 2.0"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="provider")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    issuer = models.CharField(max_length=500, help_text="OpenID Connect: its address; SAML: its entity id.")
    client_id = models.CharField(max_length=300, blank=True)
    secret_sealed = models.TextField(blank=True)
    sso_url = models.CharField(max_length=500, blank=True, help_text="SAML: where people are sent to.")
    certificate = models.TextField(max_length=8_000, blank=True, help_text="SAML: what it signs with, X.509.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="openid_connect", sso_url="") | models.Q(kind="saml", secret_sealed=""),
                name="provider_fields_of_its_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.organisation}"

    @property
    def key(self) -> str:
        """Its name among all providers, and in addresses."""
        return f"{ORGANISATION_PREFIX}{self.pk.hex}"

    @property
    def secret(self) -> str:
        """The client secret; never shown."""
        return unseal(self.secret_sealed, purpose=PURPOSE)

    def secret_set(self, secret: str) -> None:
        """Keep the client secret, sealed."""
        self.secret_sealed = seal(secret, purpose=PURPOSE)
