"""Copies what the pages use of the npm packages into static/vendor/."""

import re
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

MODULES = settings.BASE_DIR / "node_modules"
VENDOR = settings.BASE_DIR / "static" / "vendor"
COPIES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@fontsource-variable/geist/files/geist-latin-wght-normal.woff2": "geist.woff2",
    "@fontsource-variable/geist/files/geist-latin-ext-wght-normal.woff2": "geist-ext.woff2",
    "@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2": "geist-mono.woff2",
}
ICON = re.compile(r"""{%\s*icon\s+"([a-z0-9-]+)"|{#\s*icons:([a-z0-9 -]+)#}""")
SYMBOL = '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" {caps}>{body}</symbol>'
CAPS = 'stroke-linecap="round" stroke-linejoin="round"'


class Command(BaseCommand):
    """`manage.py assets_build`: run after `npm install`; running it again changes nothing."""

    help = "Copy stylesheets and fonts from node_modules and draw the icons in use as one SVG sprite."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill static/vendor/. Raises CommandError when a package or an icon is missing."""
        if not MODULES.is_dir():
            raise CommandError("node_modules is missing; run `npm install` first.")
        VENDOR.mkdir(parents=True, exist_ok=True)
        for source, name in COPIES.items():
            vendor_copy(MODULES / source, VENDOR / name)
        names = icon_names(settings.BASE_DIR / "templates")
        (VENDOR / "icons.svg").write_text(sprite(names, MODULES / "@tabler/icons/icons/outline"))
        self.stdout.write(f"static/vendor: {len(COPIES)} files and {len(names)} icons")


def vendor_copy(source: Path, target: Path) -> None:
    """Copy one file; a stylesheet loses its pointer to a source map, which we do not serve."""
    if not source.is_file():
        raise CommandError(f"{source.relative_to(MODULES)} is missing; run `npm install` again.")
    if source.suffix == ".css":
        target.write_text(re.sub(r"/\*# sourceMappingURL=.*?\*/", "", source.read_text()))
    else:
        shutil.copyfile(source, target)


def icon_names(templates: Path) -> list[str]:
    """Return every icon the templates name, by `{% icon "name" %}` or a comment `{# icons: a b #}`."""
    names: set[str] = set()
    for template in templates.rglob("*.html"):
        for one, many in ICON.findall(template.read_text()):
            names.update([one] if one else many.split())
    return sorted(names)


def sprite(names: list[str], folder: Path) -> str:
    """Return one SVG with a symbol per icon. Raises CommandError naming an icon that does not exist."""
    symbols = []
    for name in names:
        source = folder / f"{name}.svg"
        if not source.is_file():
            raise CommandError(f"There is no icon “{name}” in @tabler/icons; choose another in the templates.")
        body = re.sub(r"<!--.*?-->|</?svg[^>]*>|\s*\n\s*", "", source.read_text(), flags=re.DOTALL)
        symbols.append(SYMBOL.format(name=name, caps=CAPS, body=body))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'
