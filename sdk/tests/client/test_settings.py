"""Where key and address come from."""

import stat
from pathlib import Path

import pytest
from nosana.client import ConfigurationError, Nosana
from nosana.client.settings import config_path, profile_write, profiles_read, settings_find

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
