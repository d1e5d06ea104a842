"""What the next page costs a browser that keeps stylesheets and scripts: `python -m bench.loads`.

The channels page is opened again and again in Chromium, in turn (A, B, A, B …) with what the browser keeps and with
all of it asked for anew. Prints requests a page, medians of the clock, and the browser's own CPU time. Starts its own
console and sandbox.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil
from playwright.sync_api import Page, sync_playwright

from tests import engines
from tests.flows.console import console_in_threads
from tests.flows.test_story import sign_in
from tests.running import running_sandbox

PAGE = "/w/aurora/social-channels"
TURNS, LOADS = 6, 10


def main() -> int:
    asked: list[float] = []  # bytes of each answer that came over the wire
    spent: dict[str, list[tuple[float, float, float]]] = {"kept": [], "asked anew": []}
    with _page() as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.loadingFinished", lambda told: asked.append(told["encodedDataLength"]))
        for turn in range(2 * TURNS):
            name = list(spent)[turn % 2]
            devtools.send("Network.setCacheDisabled", {"cacheDisabled": name != "kept"})
            page.goto(PAGE)
            asked.clear()
            clock, cpu = time.perf_counter(), _browser_seconds()
            for _ in range(LOADS):
                page.goto(PAGE)
            clock, cpu = time.perf_counter() - clock, _browser_seconds() - cpu
            spent[name].append((sum(size > 0 for size in asked) / LOADS, clock * 1000 / LOADS, cpu * 1000 / LOADS))
    print(f"{'':<12} {'requests':>8} {'ms':>6} {'CPU ms':>7}   a page, medians of {TURNS} turns of {LOADS}")
    for name, turns in spent.items():
        requests, clock, cpu = (median(column) for column in zip(*turns, strict=True))
        print(f"{name:<12} {requests:>8.0f} {clock:>6.0f} {cpu:>7.0f}")
    return 0


def _browser_seconds() -> float:
    """CPU seconds of Chromium's processes so far."""
    running = psutil.Process().children(recursive=True)
    times = [one.cpu_times() for one in running if "chrom" in one.name() or "headless" in one.name()]
    return sum(one.user + one.system for one in times)


@contextmanager
def _page() -> Iterator[Page]:
    """Alice's, signed in."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox() as sandbox,
        console_in_threads(sandbox, Path(folder), f"sqlite:///{folder}/console.sqlite3") as console,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=engines.chromium(), args=["--no-sandbox"])
        page = browser.new_page(base_url=console.url)
        sign_in(page, "alice")
        yield page
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
