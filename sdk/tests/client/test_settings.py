"""Where key and address come from."""

import stat
from pathlib import Path

import httpx
import pytest
from nosana.client import ConfigurationError, NoKey, Nosana, Unauthenticated
from nosana.client.settings import config_path, profile_write, profiles_read, settings_find

from sdk.tests.client.told import Platform, connected, problem

BALANCE = {"available_micro": 1, "held_micro": 2, "frozen_micro": 3}
FILE = """[default]
url = https://one.example
key = nos_live_a
organisation = acme
[work]
url = https://two.example/
key = k%2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of two profiles."""
    path = tmp_path / "config.ini"
    path.write_text(FILE)
    return path


def test_arguments_come_before_the_environment_and_that_before_the_profile(file, monkeypatch):
    assert settings_find().key == "nos_live_a"
    monkeypatch.setenv("NOSANA_API_KEY", "nos_live_b")
    monkeypatch.setenv("NOSANA_ORGANISATION", "xenon")
    found = settings_find(organisation="third")
    assert (found.url, found.key, found.organisation) == ("https://one.example", "nos_live_b", "third")
    assert settings_find(profile="work").url == "https://two.example"
    assert settings_find(profile="work", key=" c\n").key == "c"


def test_a_key_of_a_profile_does_not_go_to_another_address(file):
    assert settings_find(url="https://evil.example").key is None
    assert settings_find(url="https://one.example/").key == "nos_live_a"


def test_a_sandbox_key_finds_the_sandbox():
    assert settings_find(key="nos_sandbox_x").url == "http://127.0.0.1:8000"
    with pytest.raises(ConfigurationError, match="NOSANA_URL"):
        settings_find(key="nos_live_x")


@pytest.mark.parametrize(
    "url", ["http://nosana.example", "ftp://x", "nosana.example", "https://u:p@x", "https://x?a", "https://"]
)
def test_an_address_that_cannot_be_is_refused(url):
    with pytest.raises(ConfigurationError):
        settings_find(url=url, key="k")


def test_an_unknown_profile_is_named(file):
    with pytest.raises(ConfigurationError, match="no profile 'other'.*default, work"):
        settings_find(profile="other")


def test_a_file_that_is_none_is_named(file):
    file.write_text("nonsense")
    with pytest.raises(ConfigurationError, match=r"config\.ini"):
        settings_find()


def test_profiles_are_written_for_their_owner_alone(file):
    profile_write(file, "new", {"key": "nos_live_ü%", "url": "https://x.example"})
    profile_write(file, "work", {"key": None})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert profiles_read(file)["new"] == {"key": "nos_live_ü%", "url": "https://x.example"}
    assert profiles_read(file)["work"] == {"url": "https://two.example/"}
    assert profiles_read(file)["default"]["organisation"] == "acme"


def test_the_file_is_where_programs_keep_their_settings(monkeypatch):
    assert config_path({"XDG_CONFIG_HOME": "/x"}) == Path("/x/nosana/config.ini")
    assert config_path({"NOSANA_CONFIG": "/y.ini", "XDG_CONFIG_HOME": "/x"}) == Path("/y.ini")


def test_without_a_key_nothing_is_sent():
    with pytest.raises(ConfigurationError, match="nosana login"):
        Nosana(url="http://127.0.0.1:9").balance.get()


def signed_in(path: Path, expires: int) -> None:
    profile_write(
        path,
        "default",
        {
            "url": "http://127.0.0.1:8000",
            "key": "old",
            "refresh": "r1",
            "expires": str(expires),
            "organisation": "acme",
        },
    )


@pytest.mark.parametrize("expires", [0, 2**32])
def test_a_token_that_ended_is_renewed_once_and_kept(expires: int, tmp_path: Path, platform: Platform) -> None:
    signed_in(tmp_path / "config.ini", expires)
    fresh = {"access_token": "new", "refresh_token": "r2", "expires_in": 3600}
    platform.says(*([problem(401, "token_expired")] if expires else []), fresh, BALANCE, BALANCE)
    client = connected(platform, key=None, organisation=None)
    assert client.balance.get().held_micro == 2
    assert client.balance.get().held_micro == 2
    assert [request.headers.get("Authorization") for request in platform.asked[-2:]] == ["Bearer new"] * 2
    kept = profiles_read(tmp_path / "config.ini")["default"]
    assert (kept["key"], kept["refresh"], kept["organisation"]) == ("new", "r2", "acme")


def test_a_sign_in_that_ended_is_told(tmp_path: Path, platform: Platform) -> None:
    signed_in(tmp_path / "config.ini", 2**32)
    platform.says(problem(401, "token_expired"), httpx.Response(400, json={"error": "invalid_grant"}))
    with pytest.raises(Unauthenticated):
        connected(platform, key=None, organisation=None).balance.get()


def test_a_token_that_another_process_renewed_is_taken_from_the_file(tmp_path: Path, platform: Platform) -> None:
    signed_in(tmp_path / "config.ini", 2**32)
    client = connected(platform, key=None, organisation=None)
    profile_write(tmp_path / "config.ini", "default", {"key": "theirs", "refresh": "r9"})
    platform.says(problem(401, "token_expired"), BALANCE)
    client.balance.get()
    assert platform.asked[-1].headers["Authorization"] == "Bearer theirs"


def test_nobody_signed_in_is_told_so_and_a_key_without_an_address_too(tmp_path):
    given = {"environment": {"NOSANA_CONFIG": str(tmp_path / "none.ini")}}
    with pytest.raises(NoKey, match="who asks, and where"):
        settings_find(**given)
    with pytest.raises(ConfigurationError, match="where the platform is") as caught:
        settings_find(key="nos_live_x", **given)
    assert not isinstance(caught.value, NoKey)
