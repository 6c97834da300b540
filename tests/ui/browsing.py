"""A browser as people use it: they log in, and what goes wrong while they look is written down."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from os import environ
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Dialog,
        Page,
        Playwright,
        Response,
        WebError,
    )

    from tests.ui.canary import Canary

LOCAL = frozenset({"localhost", "127.0.0.1"})
LEAK = "airflow-artifacts-leak"  # where scripts of hostile artifacts would send what they read
OURS = "airflow-artifacts"
# Errors of Airflow's own pages, whatever else is on them.
NOT_OURS = ("Cannot read properties of undefined (reading 'tz')",)  # when one leaves them before they have loaded
WIDE = (1280, 800)
NARROW = (420, 800)


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def running_browser(playwright: Playwright, canary: Canary) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=find_chromium(),
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
        proxy={"server": f"http://127.0.0.1:{canary.port}", "bypass": "localhost,127.0.0.1"},
    )
    try:
        yield browser
    finally:
        browser.close()


class Visitor:
    """Somebody who looks at one Airflow, in one page of a browser of their own.

    Attributes:
        url: Where that Airflow is.
        context: The browser, with its cookies; it is as small as a page is large.
        page: The page.
        problems: What the console and the page reported, and which answers came from elsewhere.
        expected: Parts of problems that the test is about.
    """

    def __init__(self, context: BrowserContext, url: str, theme: str, size: tuple[int, int]) -> None:
        self.url = url
        self.context = context
        self.problems: list[str] = []
        self.expected: list[str] = []
        # Of every page, those in frames and new tabs too.
        self._listeners = {
            "console": self._hear,
            "weberror": self._fail,
            "response": self._see,
            "dialog": self._dismiss,
        }
        listen: Any = context.on  # whose types are one for each event
        for event, listener in self._listeners.items():
            listen(event, listener)
        self.page: Page = context.new_page()
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        # Where Airflow keeps the theme that was chosen. Frames without an origin have no such place.
        self.page.add_init_script(f"try {{ localStorage.setItem('theme', '{theme}') }} catch {{}}")

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.url}/{path}")
        return self.page

    def log_in(self, username: str, password: str) -> None:
        """Fill in the form on which the page has ended, and wait until it is left."""
        self.page.locator("input[name=username]").fill(username)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url(lambda url: "/auth/login" not in url)

    def keep(self, screenshot: Path) -> None:
        """Keep what is to be seen."""
        if self.page.url != "about:blank":
            screenshot.parent.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=screenshot)

    def leave(self) -> None:
        """Close all pages, and hear of no more."""
        for event, listener in self._listeners.items():
            self.context.remove_listener(event, listener)
        for page in self.context.pages:
            page.close()

    def unexpected(self) -> list[str]:
        fine = (*NOT_OURS, *self.expected)
        return [each for each in self.problems if not any(part in each for part in fine)]

    def _hear(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        # Airflow asks for things that not everybody may see, and the console says so: that is not ours.
        if message.type == "error" and not (message.text.startswith("Failed to load") and OURS not in url):
            self.problems.append(f"console: {message.text} ({url})")

    def _fail(self, error: WebError) -> None:
        self.problems.append(f"page error: {error.error}")

    def _see(self, response: Response) -> None:
        url = urlsplit(response.url)
        if (url.scheme in {"http", "https"} and url.hostname not in LOCAL) or LEAK in response.url:
            self.problems.append(f"answered: {response.url}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()
