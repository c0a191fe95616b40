"""Checks every template: `python -m tests.architecture.templates`. One line per offence, then exit code 1.

A template must compile, and must hold nothing that the content security policy would refuse: no inline script, no
style attribute, no event handler attribute. Mails are exempt from the last: no mail program loads a style sheet.
"""

import os
import re
import sys
from pathlib import Path

import django
from django.template import engines

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
REFUSED = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[^>]*\sstyle=", re.I),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+=", re.I),
    "a script address": re.compile(r"=\s*[\"']javascript:", re.I),
}


def offences() -> list[str]:
    """Return one line per offence: file, line and what is wrong."""
    found = []
    engine = engines["django"]
    for path in sorted(TEMPLATES.rglob("*.html")):
        text = path.read_text()
        try:
            engine.get_template(str(path.relative_to(TEMPLATES)))
        except Exception as error:  # whatever it is, the person wants the file and the sentence
            found.append(f"{path.relative_to(ROOT)} does not compile: {error}")
        if "emails" in path.relative_to(TEMPLATES).parts:
            continue
        for what, pattern in REFUSED.items():
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line} has {what}: {match.group(0)[:60]}")
    return found


def main() -> None:
    """Print what is wrong and end with 1, or say nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nosana_web.settings")
    django.setup()
    found = offences()
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
