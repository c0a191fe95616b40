"""What a browser fetches and when it paints: weights and the largest contentful paint, in Chromium."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from tests.console.serve import chromium_path, launch_arguments

ROUNDS = 5
LCP = """() => new Promise((done) => {
  let last = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) last = one.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => done(last), 300);
})"""


@dataclass(frozen=True)
class Seen:
    """Kilobytes over the wire and milliseconds."""

    first_kb: float
    first_raw_kb: float
    next_kb: float
    lcp_ms: float
    bare_ms: float


@dataclass
class Traffic:
    """What a page has fetched since it was last asked."""

    wire: float = 0
    raw: float = 0

    def data(self, event: dict[str, Any]) -> None:
        """Count what a response holds once unpacked."""
        self.raw += event["dataLength"]

    def finished(self, event: dict[str, Any]) -> None:
        """Count what a response took over the wire, headers included."""
        self.wire += event["encodedDataLength"]

    def take(self) -> tuple[float, float]:
        """Return kilobytes over the wire and unpacked, and begin anew."""
        found = (self.wire / 1000, self.raw / 1000)
        self.wire = self.raw = 0
        return found


def painted(base: str, cookie: str, first: str, second: str, bare: str) -> Seen:
    """Open the pages with an empty cache, one after the other, and the bare page with its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=launch_arguments())
        times = sorted(_lcp(browser.new_context(), base, cookie, first) for _ in range(ROUNDS))
        bares = sorted(_lcp(browser.new_context(), base, cookie, bare) for _ in range(ROUNDS))
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
        page, traffic = context.new_page(), Traffic()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.dataReceived", traffic.data)
        session.on("Network.loadingFinished", traffic.finished)
        page.goto(base + first, wait_until="load")
        page.wait_for_timeout(500)
        weight, raw = traffic.take()
        page.goto(base + second, wait_until="load")
        page.wait_for_timeout(500)
        then, _ = traffic.take()
        browser.close()
    return Seen(weight, raw, then, times[ROUNDS // 2], bares[ROUNDS // 2])


def _lcp(context: BrowserContext, base: str, cookie: str, path: str) -> float:
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": base}])
    page = context.new_page()
    page.goto(base + path, wait_until="load")
    found = float(page.evaluate(LCP))
    context.close()
    return found
