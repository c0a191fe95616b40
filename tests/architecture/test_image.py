"""What the code reads of the project's folder is in the image."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE_THERE = {"var"}


def test_every_folder_that_the_code_reads_is_copied_into_the_image() -> None:
    code = [*ROOT.glob("apps/**/*.py"), *ROOT.glob("nosana_web/**/*.py")]
    read = {name for file in code for name in re.findall(r'BASE_DIR\s*/\s*"([\w.-]+)"', file.read_text())}
    copied = set(re.findall(r"^COPY (\S+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert {"docs", "static"} <= read
    assert read - copied - MADE_THERE <= {"node_modules"}
