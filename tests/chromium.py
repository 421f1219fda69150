"""Pages in headless Chromium, the distribution's own, for the tests that look at them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = next(
    (
        path
        for name in ("chromium", "google-chrome", "chromium-browser")
        if (path := shutil.which(name))
    ),
    None,
)
IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium or google-chrome on this machine"),
]
# A browser of its own would call home; these switch that off.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A page is there within a second; a machine may be busy elsewhere for long.
PATIENCE_MS = 600_000


@contextmanager
def opened_browser() -> Iterator[Callable[..., Any]]:
    """What opens a page with the given options, as long as the block lasts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(QUIET), timeout=PATIENCE_MS
        )

        def open_page(**options: Any) -> Any:
            page = browser.new_page(**options)
            page.set_default_timeout(PATIENCE_MS)
            return page

        yield open_page
        browser.close()
