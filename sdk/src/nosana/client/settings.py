"""Where the platform is and who asks: from arguments, else the environment, else a profile of a file.

The file is `~/.config/nosana/config.ini` (`NOSANA_CONFIG` names another), a section for each profile:

    [default]
    url = https://…
    key = nos_…
    organisation = acme
"""

from __future__ import annotations

import configparser
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nosana.client.errors import ConfigurationError, NoKey

SANDBOX_URL, SANDBOX_KEYS = "http://127.0.0.1:8000", "nos_sandbox_"  # where `make run` serves, and its keys
LOCAL = ("localhost", "127.0.0.1", "[::1]")
EARLY_S = 60  # a token that ends so soon is renewed before it is used


@dataclass(frozen=True)
class Renewal:
    """What renews a profile's token, and where the new one is kept; `expires` is unix seconds."""

    refresh: str
    expires: float
    path: Path
    profile: str

    @property
    def due(self) -> bool:
        """Whether the token should be renewed before it is used."""
        return time.time() > self.expires - EARLY_S


def renewal_of(kept: Mapping[str, str], path: Path, profile: str) -> Renewal | None:
    """Return what renews the token of a profile, None for one with an API key."""
    if not kept.get("refresh"):
        return None
    try:
        expires = float(kept.get("expires", "0"))
    except ValueError:
        expires = 0.0
    return Renewal(kept["refresh"], expires, path, profile)


@dataclass(frozen=True)
class Settings:
    """Whom to ask as whom; `source` says where the key came from, for people."""

    url: str
    key: str | None
    organisation: str | None
    project: str | None
    profile: str
    source: str
    renewal: Renewal | None = None


def config_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the profiles are."""
    if found := environment.get("NOSANA_CONFIG"):
        return Path(found)
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "nosana" / "config.ini"


def profiles_read(path: Path) -> dict[str, dict[str, str]]:
    """Return each profile of the file, none without a file. Raises ConfigurationError for a file that is none."""
    parser = configparser.ConfigParser(interpolation=None, default_section="\0")
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read as profiles: {error}") from error
    return {name: dict(parser[name]) for name in parser.sections()}


def profile_write(path: Path, name: str, values: Mapping[str, str | None]) -> None:
    """Write a profile into the file, readable by its owner alone; values that are None are taken out."""
    profiles = profiles_read(path)
    kept = {**profiles.get(name, {}), **values}
    profiles[name] = {field: value for field, value in kept.items() if value is not None}
    if not profiles[name]:
        del profiles[name]
    parser = configparser.ConfigParser(interpolation=None, default_section="\0")
    parser.read_dict(profiles)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        parser.write(file)
    fresh.replace(path)


def settings_find(
    *,
    key: str | None = None,
    url: str | None = None,
    organisation: str | None = None,
    project: str | None = None,
    profile: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Return what arguments, else `NOSANA_API_KEY`, `NOSANA_URL`, `NOSANA_ORGANISATION`, `NOSANA_PROJECT` and
    `NOSANA_PROFILE`, else the profile say. Raises ConfigurationError for a profile or an address that cannot be.

    A key is never sent to an address that another profile or nobody named beside it: an address that is given without a
    key does not take the key of a profile for another address.
    """
    chosen = profile or environment.get("NOSANA_PROFILE") or "default"
    path = config_path(environment)
    profiles = profiles_read(path)
    if chosen not in profiles and (profile or environment.get("NOSANA_PROFILE")) and not (key and url):
        known = ", ".join(sorted(profiles)) or "none"
        raise ConfigurationError(f"There is no profile {chosen!r} in {path} (there: {known}).")
    kept = profiles.get(chosen, {})
    given_url, kept_url = url or environment.get("NOSANA_URL"), kept.get("url")
    same = not given_url or (bool(kept_url) and url_check(given_url) == url_check(str(kept_url)))
    found, source = _first(
        (key, "the argument"),
        (environment.get("NOSANA_API_KEY"), "NOSANA_API_KEY"),
        (kept.get("key") if same else None, f"profile {chosen} of {path}"),
    )
    if found and not (found.isascii() and found.isprintable()):
        raise ConfigurationError(f"The key of {source} has characters that no key has; copy it anew.")
    address = given_url or kept_url or (SANDBOX_URL if (found or "").startswith(SANDBOX_KEYS) else None)
    if address is None:
        lacks = "where the platform is" if found else "who asks, and where the platform is"
        named = "url=… or NOSANA_URL" if found else "key=… and url=…, NOSANA_API_KEY and NOSANA_URL"
        kind = ConfigurationError if found else NoKey
        raise kind(f"Say {lacks}: {named}, or run `nosana login --url …`.")
    own = found is not None and found == kept.get("key") and same
    return Settings(
        renewal=renewal_of(kept, path, chosen) if own else None,
        url=url_check(address),
        key=found,
        organisation=organisation or environment.get("NOSANA_ORGANISATION") or kept.get("organisation"),
        project=project or environment.get("NOSANA_PROJECT") or kept.get("project"),
        profile=chosen,
        source=source,
    )


def url_check(url: str) -> str:
    """Return the address without a slash at its end. Raises ConfigurationError unless it is safe for a key."""
    scheme, _, rest = url.rstrip("/").partition("://")
    host = rest.split("/")[0]
    if scheme not in ("http", "https") or not host or "@" in host or "?" in rest or "#" in rest:
        raise ConfigurationError(f"{url!r} is no address of the platform; give one like https://nosana.example.")
    if scheme == "http" and not is_local(url):
        raise ConfigurationError(f"{url!r} is not encrypted; a key is only sent by https, or to this machine.")
    return f"{scheme}://{rest}"


def is_local(url: str) -> bool:
    """Return whether an address is on this machine."""
    host = url.partition("://")[2].split("/")[0]
    return (host if host.endswith("]") else host.rsplit(":", 1)[0]) in LOCAL


def _first(*choices: tuple[str | None, str]) -> tuple[str | None, str]:
    return next(
        ((value.strip(), source) for value, source in choices if value and value.strip()), (None, "nowhere")
    )
