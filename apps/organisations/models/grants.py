"""What a request may do: the one thing that pages, endpoints and acts ask."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.errors import Denied
from apps.organisations.models.keys import ApiKey
from apps.organisations.models.organisations import Membership, Organisation
from apps.organisations.reach import Reach
from apps.organisations.roles import Permission


@dataclass(frozen=True)
class Grant:
    """An organisation, who asks (a member, a key, or a member's key) and what role, scopes and projects leave."""

    organisation: Organisation
    reach: Reach
    membership: Membership | None = None
    api_key: ApiKey | None = None
    scopes: frozenset[Permission] | None = (
        None  # what a program may that its member signed in; None: no such program
    )

    @classmethod
    def of_member(cls, membership: Membership) -> "Grant":
        """Return what the member may do."""
        return cls(membership.organisation, membership.reach, membership=membership)

    @classmethod
    def of_sign_in(cls, membership: Membership, scopes: frozenset[Permission]) -> "Grant":
        """Return what a program may that the member signed in with these scopes: at most what the member may."""
        return cls(
            membership.organisation, membership.reach.narrowed(scopes), membership=membership, scopes=scopes
        )

    @classmethod
    def of_key(cls, key: ApiKey) -> "Grant":
        """Return what the key may do; a personal key acts as its member."""
        return cls(key.organisation, key.reach, membership=key.member, api_key=key)

    @property
    def organisation_id(self) -> UUID:
        """The organisation's id."""
        return self.organisation.pk

    @property
    def member(self) -> Membership:
        """The member who asks, or whose key does. Raises Denied for a service key, which has none."""
        if self.membership is None:
            raise Denied(_("This takes a member: use a personal key instead of a service key."))
        return self.membership

    @property
    def hears(self) -> Reach:
        """Of what it may read news: as far as it would reach if the organisation were neither frozen nor closed."""
        if self.api_key is not None:
            return self.api_key.hears
        whole = self.member.hears
        return whole if self.scopes is None else whole.narrowed(self.scopes)

    def may(self, permission: Permission, project_id: UUID | None = None) -> bool:
        """Return whether the act is allowed in the project; without one, whether it is allowed anywhere."""
        return self.reach.may(permission, project_id)

    def require(self, permission: Permission, project_id: UUID | None = None) -> None:
        """Pass if the act is allowed, there or anywhere; raise Denied, or Closed, with a sentence if not."""
        if self.may(permission, project_id):
            return
        if self.membership is not None:
            self.membership.require(permission, project_id)
        if self.api_key is not None and permission in self.api_key.scopes:
            self.organisation.require_lets(permission)
        raise Denied(self._key_denial(permission))

    def checked(self, permission: Permission) -> "Grant":
        """Return the grant itself if it allows the act anywhere. Raises Denied."""
        self.require(permission)
        return self

    def _key_denial(self, permission: Permission) -> str:
        if self.api_key is None:
            return _(
                "This sign-in lacks the scope %(permission)s, which it takes to %(label)s; sign in "
                "again and ask for it."
            ) % {"permission": permission.value, "label": permission.label}
        if permission not in self.api_key.scopes:
            return _(
                "The key “%(api_key)s” lacks the scope %(permission)s, which it takes to %(label)s; "
                "make a key that has it."
            ) % {"api_key": self.api_key.name, "permission": permission.value, "label": permission.label}
        return _("The key “%(api_key)s” is limited to one project; use a key that reaches further.") % {
            "api_key": self.api_key.name
        }
