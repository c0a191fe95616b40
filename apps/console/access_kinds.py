"""The kinds of access that a route may have besides a permission of a role."""

from dataclasses import dataclass

from apps.organisations.roles import Permission


@dataclass(frozen=True)
class Public:
    """Anybody may, also without signing in."""

    why: str


@dataclass(frozen=True)
class SignedIn:
    """Any signed-in person may; where it takes the person, no API key, and a program they signed in with the scope."""

    why: str
    person: Permission | None = None


@dataclass(frozen=True)
class Own:
    """Members with the permission may, each about what is theirs; about what is others' only who has `all`."""

    permission: Permission
    all: Permission


@dataclass(frozen=True)
class Staff:
    """Only the platform's own people may."""

    why: str = "a page of the admin site"


@dataclass(frozen=True)
class Node:
    """Only a node of the network may, by its signature; no person and no key of ours opens it."""

    why: str


Access = Permission | Public | SignedIn | Own | Staff | Node
