"""One world for all checks of the matrix: the cast, and a thing of each organisation for every address."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from apps.console.access_kinds import Access, Node, Own, Public, SignedIn, Staff
from apps.organisations.models import ApiKey, Grant, Organisation
from apps.organisations.roles import ROLE_PERMISSIONS, Permission, Role
from apps.organisations.services import Actor, api_key_create
from apps.users.models import User
from tests.permissions.routes import Route
from tests.permissions.things import BODIES, THINGS
from tests.world import World

ROLES = {"olga": Role.OWNER, "adam": Role.ADMIN, "bea": Role.BILLING, "mia": Role.DEVELOPER, "victor": Role.VIEWER}
LOGIN, ADMIN_LOGIN = "/accounts/login/", "/admin/login/"


@dataclass
class Stage:
    """Who asks, and what they ask for."""

    world: World
    clients: dict[str, Client]
    made: dict[tuple[str, Any], Any] = field(default_factory=dict)

    @classmethod
    def build(cls, routes: Iterable[Route]) -> "Stage":
        """Make the cast, signed in (the five roles, Xena from outside, Sam of the platform), and all their things."""
        world = World.build()
        sam = User.objects.create_user("sam@nosana-web.example", name="Sam", is_staff=True, is_superuser=True)
        people = {name: getattr(world, name) for name in (*ROLES, "xena")} | {"sam": sam}
        clients = {name: world.client(user) for name, user in people.items()}
        stage = cls(world=world, clients={**clients, "anonymous": Client()})
        for route in routes:
            for organisation in (world.acme, world.other):
                stage._make(route, organisation)
        return stage

    def _make(self, route: Route, organisation: Organisation) -> None:
        for key in (*(_key(route, kwarg) for kwarg in route.kwargs), f"body of {route.name}"):
            make = THINGS.get(key) or BODIES.get(key.removeprefix("body of "))
            if make is not None and (key, organisation.pk) not in self.made:
                self.made[key, organisation.pk] = make(organisation)

    def body(self, route: Route, organisation: Organisation) -> dict[str, Any]:
        """Return what a form at that address sends."""
        return self.made.get((f"body of {route.name}", organisation.pk), {})

    def values(self, route: Route, organisation: Organisation) -> dict[str, Any]:
        """Return every part of the address, all of that organisation."""
        found = {}
        for kwarg in route.kwargs:
            key = _key(route, kwarg)
            assert key in THINGS, f"{route.pattern}: say in tests/permissions/things.py how “{kwarg}” is made"
            found[kwarg] = self.made[key, organisation.pk]
        return found

    def ask(self, who: str, method: str, path: str, body: dict[str, Any] | None = None) -> HttpResponseBase:
        """Ask, and take back whatever the answer changed."""
        client = self.clients[who]
        client.raise_request_exception = False
        with transaction.atomic():
            answer = self._send(client, method, path, body or {})
            transaction.set_rollback(True)
        return answer

    def tell(self, who: str, method: str, path: str, body: dict[str, Any] | None = None) -> HttpResponseBase:
        """Ask, and let stay whatever it changed: for those who may not change anything."""
        client = self.clients[who]
        client.raise_request_exception = False
        return self._send(client, method, path, body or {})

    def program(self, organisation: Organisation, scopes: Iterable[str]) -> str:
        """Let a program with a key of the organisation ask from now on; return its name."""
        owner = organisation.memberships.select_related("user", "organisation").get(role=Role.OWNER)
        made = api_key_create(
            grant=Grant.of_member(owner),
            name="Program",
            kind=ApiKey.Kind.SERVICE,
            scopes=list(scopes),
            actor=Actor.person(owner.user),
            now=timezone.now(),
        )
        self.clients[made.key.prefix] = Client(headers={"Authorization": f"Bearer {made.token}"})
        self.tell(made.key.prefix, "GET", "/api/v1/whoami")  # notes its use, which is noted once a minute
        return made.key.prefix

    def _send(self, client: Client, method: str, path: str, body: dict[str, Any]) -> HttpResponseBase:
        json = path.startswith("/api/")
        if method == "GET":
            return client.get(path)
        kind = {"content_type": "application/json"} if json or method != "POST" else {}
        return getattr(client, method.lower())(path, body, **kind)


def _key(route: Route, kwarg: str) -> str:
    own = f"{route.name}.{kwarg}"
    return own if own in THINGS else kwarg


def verdict(who: str, access: Access) -> str:
    """Return how the person must be answered: "let in", "turned away", "403" or "404"."""
    if isinstance(access, Public):
        return "let in"
    if isinstance(access, Node):
        return "turned away"
    if isinstance(access, Staff):
        return "let in" if who == "sam" else "turned away"
    if who == "anonymous":
        return "turned away"
    if isinstance(access, SignedIn):
        return "let in"
    if who not in ROLES:
        return "404"
    mine = ROLE_PERMISSIONS[ROLES[who]]
    if isinstance(access, Own):  # things.py makes what is a developer's
        theirs = access.all in mine or ROLES[who] == Role.DEVELOPER
        return ("let in" if theirs else "404") if access.permission in mine else "403"
    return "let in" if access in mine else "403"


def answered(answer: HttpResponseBase, method: str) -> str:
    """Return how the person was answered, in the words of `verdict`."""
    status, location = answer.status_code, answer.headers.get("Location", "")
    if status == 401 or location.startswith((LOGIN, ADMIN_LOGIN)):
        return "turned away"
    if status in (403, 404, 405) or status == 500:
        return str(status)
    if method == "GET" and status >= 400:
        return str(status)
    return "let in"


def needs(access: Access) -> str:
    """Return the access as a failing test names it."""
    return access.value if isinstance(access, Permission) else repr(access)
