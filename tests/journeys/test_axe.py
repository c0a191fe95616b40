"""Every page of the list, in both themes, before axe: WCAG 2.2 AA, nothing to mend."""

from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.console.serve import ROOT
from tests.journeys import stage
from tests.journeys.factors import HALFWAY_PAGES, halfway_session
from tests.journeys.pages import pages_make, session_for
from tests.world import World

PARTS = 3
T = TypeVar("T")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOUR = ["color-contrast", "link-in-text-block"]  # all that a theme changes: the page itself is the same
LOOK = """async (only) => {
  const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  return found.violations.map((one) => [one.id, one.nodes.map((node) =>
    `${node.target.join(" ")}: ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? node.html}`)]);
}"""
pytestmark = [
    pytest.mark.long,
    *stage.IN_A_BROWSER,
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install"),
]


def context_of(browser: Browser, base: str, cookie: str = "") -> BrowserContext:
    """A window that keeps still, with axe in every page, of the session in the cookie."""
    context = browser.new_context(color_scheme="light", reduced_motion="reduce")
    context.add_init_script(path=AXE)
    if cookie:
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
    return context


def found_on(page: Page, rules: dict[str, Any], where: str) -> list[str]:
    """What axe finds on the page, one sentence per rule with the places."""
    return [f"{where}: {rule}\n    " + "\n    ".join(nodes[:5]) for rule, nodes in page.evaluate(LOOK, rules)]


def of_part(things: dict[str, T], part: int) -> list[tuple[str, T]]:
    """Return every so many-th thing, so that several processes share the pages."""
    return list(things.items())[part::PARTS]


class Console:
    """What a page's console complains of: errors of scripts, of the content policy, files that are not there."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        page.on("console", lambda one: self.said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def taken(self, where: str) -> list[str]:
        """Return what was said since the last time; that the page itself is a 403 or 404 is no complaint."""
        said, self.said = self.said, []
        return [f"{where}: the console says “{text}”" for text in said if "status of 40" not in text]


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page_in_either_theme_and_no_console_complains(
    transactional_db: None, browser: Browser, part: int
) -> None:
    made = pages_make(World.build())
    found: list[str] = []
    with stage.served() as base:
        looks = [(made.opened, ""), (HALFWAY_PAGES, halfway_session(next(iter(made.others))))]
        looks += [(paths, session_for(email)) for email, paths in made.others.items()]
        looks += [(made.closed, session_for(made.email))]  # last: the openings are on its pages
        for paths, cookie in looks:
            page = context_of(browser, base, cookie).new_page()
            console = Console(page)
            for name, path in of_part(paths, part):
                page.goto(base + path, wait_until="load")
                page.emulate_media(color_scheme="light")
                found += found_on(page, {"type": "tag", "values": LEVELS}, f"{name} ({path})")
                page.emulate_media(color_scheme="dark")
                found += found_on(page, {"type": "rule", "values": OF_COLOUR}, f"{name} ({path}), dark")
                found += console.taken(f"{name} ({path})")
        for name, opening in of_part(made.openings, part):
            opening.open(page, base)
            page.emulate_media(color_scheme="light")
            seen = found_on(page, {"type": "tag", "values": LEVELS}, name)
            found += [one for one in seen if ": target-size" not in one]  # a menu lies over what is below it
            page.emulate_media(color_scheme="dark")
            found += found_on(page, {"type": "rule", "values": OF_COLOUR}, f"{name}, dark")
            found += console.taken(name)
    assert not found, f"{len(found)} to mend:\n" + "\n".join(found)
