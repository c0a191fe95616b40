"""A small cast for readable tests."""

import time
from dataclasses import dataclass

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from apps.organisations.models import Membership, Organisation, Project, TermsAcceptance
from apps.organisations.roles import Role
from apps.organisations.services import Actor, organisation_create
from apps.users.models import User

PASSWORD = "correct horse battery"


def organisation_make(user: User, name: str) -> Organisation:
    """Create an organisation that has accepted the terms, as the person would."""
    now = timezone.now()
    organisation = organisation_create(user=user, name=name, actor=Actor.person(user), now=now)
    TermsAcceptance.objects.create(
        organisation=organisation, version=settings.TERMS_VERSION, user=user, accepted_at=now
    )
    return organisation


@dataclass
class World:
    """Acme and its people, and Xena, who has an organisation of her own."""

    acme: Organisation
    project: Project
    olga: User
    adam: User
    bea: User
    mia: User
    victor: User
    xena: User
    other: Organisation

    @classmethod
    def build(cls) -> "World":
        """Make the cast."""
        people = {
            name: User(email=f"{name}@acme.example", name=name.capitalize(), password=make_password(None))
            for name in ("olga", "adam", "bea", "mia", "victor", "xena")
        }
        User.objects.bulk_create(people.values())
        acme = organisation_make(people["olga"], "Acme")
        other = organisation_make(people["xena"], "Xenon")
        roles = {"adam": Role.ADMIN, "bea": Role.BILLING, "mia": Role.DEVELOPER, "victor": Role.VIEWER}
        Membership.objects.bulk_create(
            Membership(organisation=acme, user=people[name], role=role) for name, role in roles.items()
        )
        return cls(acme=acme, project=acme.projects.get(), other=other, **people)

    def client(self, user: User) -> Client:
        """Return a browser signed in as the person."""
        client = Client()
        client.force_login(user)
        signed_in_mark(client, user)
        return client


def signed_in_mark(client: Client, user: User, **more: object) -> None:
    """Let the browser's session say that the person typed their password just now, however long the test takes."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() + 86_400, **more}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
