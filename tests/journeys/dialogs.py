"""What opens on a page: menus and dialogs, for the pictures and for axe."""

from dataclasses import dataclass

from playwright.sync_api import Page, expect

from apps.jobs.models import Job


@dataclass(frozen=True)
class Opening:
    """On which page what is pressed, and what is to be seen then.

    `side` if it is in the side navigation, `within` names the menu that it is in.
    """

    path: str
    press: str
    shown: str
    side: bool = False
    within: str = ""

    def open(self, page: Page, base: str) -> None:
        """Open the page, and on it what it is about."""
        page.goto(base + self.path, wait_until="load")
        menu = page.locator("header.top [popovertarget=side]")
        if self.side and menu.is_visible():
            menu.click()
        if self.within:
            page.locator(self.within).click()
        page.locator(self.press).locator("visible=true").first.click()
        expect(page.locator(self.shown).locator("visible=true").first).to_be_visible()
        page.wait_for_timeout(150)  # what fades in is there


def openings(jobs: dict[str, Job]) -> dict[str, Opening]:
    """Return menus and dialogs by name."""
    o = "/o/acme/"
    running, settled = (f"{o}jobs/{jobs[name].pk}/" for name in ("talking", "completed"))
    dialog = "dialog[open] #act-title"
    return {
        "open-menu": Opening(o, "#side .search-open", "#palette[open]", side=True),
        "open-switcher": Opening(o, "#side details.menu.down > summary", "#side .menu-panel", side=True),
        "open-account": Opening(o, "#side .foot details > summary", "#side .foot .menu-panel", side=True),
        "open-columns": Opening(f"{o}jobs/", "details.options > summary", ".options .menu-panel"),
        "open-save-view": Opening(f"{o}jobs/?state=failed", ".views details > summary", ".views .menu-panel"),
        "open-job-stop": Opening(running, ".page-head a.danger", dialog),
        "open-job-extend": Opening(running, ".page-head a[href$='/extend/']", dialog),
        "open-job-restart": Opening(running, ".page-head a[href$='/restart/']", dialog),
        "open-job-rename": Opening(running, ".page-head a[href$='/name/']", dialog),
        "open-job-project": Opening(running, ".job-facts a[href$='/project/']", dialog),
        "open-job-relabel": Opening(settled, ".job-facts a[href$='/relabel/']", dialog),
        "open-job-log": Opening(running, ".log-more > summary", ".log-more .menu-panel"),
        "open-job-keys": Opening(running, "[data-dialog=log-keys]", "dialog[open]", within=".log-more > summary"),
        "open-list-columns": Opening(f"{o}billing/holds/", "details.options > summary", ".options .menu-panel"),
    }
