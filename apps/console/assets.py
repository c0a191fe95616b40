"""Copies what the pages use of the npm packages into static/vendor/: `python -m apps.console.assets`.

Runs without Django, after `npm install`; running it again changes nothing.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from apps.console.styles import css_kept, words_of

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
COPIES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "chart.js/dist/chart.umd.min.js": "chart.umd.min.js",
    "@fontsource-variable/geist/files/geist-latin-wght-normal.woff2": "geist.woff2",
    "@fontsource-variable/geist/files/geist-latin-ext-wght-normal.woff2": "geist-ext.woff2",
    "@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2": "geist-mono.woff2",
}
STYLES = "tabler.min.css"
ICON = re.compile(r"""{%\s*icon\s+"([a-z0-9-]+)"|{#\s*icons:([a-z0-9 -]+)#}""")
PEN = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
SYMBOL = '<symbol id="{name}" viewBox="0 0 24 24" {pen}>{body}</symbol>'


class AssetMissing(Exception):
    """Something the pages use is not in node_modules; the message says what."""


def assets_build() -> str:
    """Fill static/vendor/ and return what was done. Raises AssetMissing naming the package or icon."""
    if not MODULES.is_dir():
        raise AssetMissing("node_modules is missing; run `npm install` first.")
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in COPIES.items():
        vendor_copy(MODULES / source, VENDOR / name)
    sheet = VENDOR / STYLES
    sheet.write_text(css_kept(sheet.read_text(), words_of(sources())))
    names = icon_names(ROOT / "templates")
    (VENDOR / "icons.svg").write_text(sprite(names, MODULES / "@tabler/icons/icons/outline"))
    return f"static/vendor: {len(COPIES)} files and {len(names)} icons"


def sources() -> Iterator[Path]:
    """Yield every file of ours that may name a class."""
    yield from (ROOT / "templates").rglob("*.html")
    yield from (ROOT / "static" / "js").glob("*.js")
    yield from (ROOT / "apps").rglob("*.py")


def vendor_copy(source: Path, target: Path) -> None:
    """Copy one file; styles and scripts lose their pointer to a source map, which we do not serve."""
    if not source.is_file():
        raise AssetMissing(f"{source.relative_to(MODULES)} is missing; run `npm install` again.")
    if source.suffix in (".css", ".js"):
        target.write_text(re.sub(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=\S*", "", source.read_text()))
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
    """Return one SVG with a symbol per icon. Raises AssetMissing naming an icon that does not exist."""
    symbols = []
    for name in names:
        source = folder / f"{name}.svg"
        if not source.is_file():
            raise AssetMissing(f"There is no icon “{name}” in @tabler/icons; choose another in the templates.")
        body = re.sub(r"<!--.*?-->|</?svg[^>]*>|\s*\n\s*", "", source.read_text(), flags=re.DOTALL)
        symbols.append(SYMBOL.format(name=name, pen=PEN, body=body))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


if __name__ == "__main__":
    try:
        sys.stdout.write(assets_build() + "\n")
    except AssetMissing as missing:
        sys.exit(f"assets: {missing}")
