"""`make audit`: are there known holes in the packages that production runs?

Exit code 1 when there are; 0 when there are none, and also, with a sentence, when nobody could be asked: being offline
is no fault of the packages.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "var" / "audit"  # an environment of its own: the tool's packages are not the platform's
PATIENCE_S = 300


def main() -> int:
    """Audit the packages for Python, print what was found, and return the exit code."""
    tool = _tool()
    if tool is None:
        print("audit: pip-audit could not be installed, the package index does not answer; nothing was checked.")
        return 0
    return report(_ask(tool))


def report(answer: dict[str, Any] | None) -> int:
    """Print the answer of pip-audit, None where there was none, and return the exit code."""
    if answer is None:
        print("audit: the list of known holes could not be asked, perhaps we are offline; nothing was checked.")
        return 0
    packages = answer["dependencies"]
    holes = [(package, hole) for package in packages for hole in package.get("vulns", [])]
    for package, hole in holes:
        mended = ", ".join(hole.get("fix_versions") or []) or "none yet"
        print(f"audit: {package['name']} {package['version']}: {hole['id']}, mended in: {mended}")
    for package in packages:
        if "skip_reason" in package:
            print(f"audit: {package['name']} was not checked: {package['skip_reason']}")
    print(f"audit: {len(packages)} packages, {len(holes)} known holes.")
    return 1 if holes else 0


def _tool() -> Path | None:
    tool = HOME / "bin" / "pip-audit"
    if tool.exists():
        return tool
    try:
        venv.create(HOME, with_pip=True, clear=True)
        install = [str(HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "pip-audit>=2.10,<3"]
        done = subprocess.run(install, capture_output=True, timeout=PATIENCE_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return tool if done.returncode == 0 and tool.exists() else None


def _ask(tool: Path) -> dict[str, Any] | None:
    """Return what pip-audit says of what is installed beside this Python, as production installs it."""
    site = next(path for path in sys.path if path.endswith("site-packages"))
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [
            str(tool),
            "--path",
            site,
            "--format",
            "json",
            "--output",
            file.name,
            "--progress-spinner",
            "off",
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=PATIENCE_S)
            answer: dict[str, Any] = json.loads(Path(file.name).read_text())
        except (OSError, subprocess.SubprocessError, ValueError):
            return None
    return answer


if __name__ == "__main__":
    sys.exit(main())
