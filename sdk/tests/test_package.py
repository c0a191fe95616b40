"""The package as it would be published: whole, typed, and with metadata that an index takes."""

import email
import email.message
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

SDK = Path(__file__).resolve().parents[1]
BUILD = "import sys; from hatchling import build as b; b.build_wheel(sys.argv[1]); b.build_sdist(sys.argv[1])"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build wheel and source package without a network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=SDK, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> email.message.Message:
    name = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def test_every_module_and_the_mark_of_types_are_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    inside = {name for name in wheel.namelist() if name.startswith("nosana/")}
    source = {
        os.path.relpath(path, SDK / "src")
        for path in (SDK / "src").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == source
    assert "nosana/py.typed" in inside


def test_the_metadata_is_what_an_index_takes(metadata: email.message.Message) -> None:
    assert metadata["Name"] == "nosana"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).startswith("# nosana")
    assert len(str(metadata["Summary"])) < 512
    assert set(metadata.get_all("Provides-Extra") or []) == {"cli", "chain", "all"}


def test_the_version_is_the_one_of_the_changelog(metadata: email.message.Message) -> None:
    changes = (SDK / "CHANGELOG.md").read_text()
    assert f"\n## {metadata['Version']}\n" in changes


def test_the_base_is_small(metadata: email.message.Message) -> None:
    needed = [one for one in metadata.get_all("Requires-Dist") or [] if "extra ==" not in one]
    assert sorted(one.split(">")[0] for one in needed) == ["anyio", "httpx", "pydantic", "pyyaml"]


def test_the_source_package_builds_the_same(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as package:
        names = package.getnames()
    assert any(name.endswith("/src/nosana/client/clients.py") for name in names)
    assert not any("/tests/" in name for name in names)


def test_the_client_takes_nothing_of_the_chain() -> None:
    code = "import sys, nosana.client, nosana.client.models, nosana.webhooks, nosana.spec, nosana.ipfs\n"
    code += "print([m for m in ('solders', 'solana', 'typer', 'rich.console', 'django') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() in ("[]", "['rich.console']")  # httpx loads rich where it is there
