"""A real Airflow and a real browser for the tests of this folder, started once."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.ui.browsing import NARROW, WIDE, Visitor, find_chromium, running_browser
from tests.ui.canary import running_canary
from tests.ui.deployment import PASSWORD, PROJECT, running_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext

    from tests.ui.canary import Canary
    from tests.ui.deployment import Deployment

MILLISECONDS = 15_000  # for anything to appear
SCREENSHOTS = PROJECT / ".ui-screenshots"
collect_ignore_glob = [] if find_spec("playwright") else ["test_*.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-ui", action="store_true", help="run the tests that start a real Airflow and a browser")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    kept = sorted(SCREENSHOTS.glob("*.png"))
    if kept and terminalreporter.config.getoption("--run-ui", default=False):
        terminalreporter.write_line(f"{len(kept)} screenshots are in {SCREENSHOTS}")


@pytest.fixture(scope="session", autouse=True)
def _asked_for(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--run-ui", default=False):
        pytest.skip("starts a real Airflow and a browser for some minutes: run it with `make test-ui`")
    if find_chromium() is None:
        pytest.fail("Chromium is not on this machine: apt-get install chromium, or say where it is with CHROMIUM")
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with running_deployment(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def canary() -> Iterator[Canary]:
    with running_canary() as running:
        yield running


@pytest.fixture(scope="session")
def browser(canary: Canary) -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as playwright, running_browser(playwright, canary) as running:
        yield running


class Visitors:
    """Gives a test its visitors; who logs in, does so once for all tests."""

    def __init__(self, browser: Browser, deployment: Deployment, logged_in: dict[str, BrowserContext]) -> None:
        self._browser = browser
        self._deployment = deployment
        self._logged_in = logged_in
        self.all: list[Visitor] = []

    def stranger(self, *, fab: bool = False) -> Visitor:
        """Give somebody who has not logged in."""
        return self._visitor(self._context(), fab, "light", WIDE)

    def user(self, name: str, *, theme: str = "light", size: tuple[int, int] = WIDE) -> Visitor:
        """Give somebody who has logged in through the form; users of FAB have names that begin with ``fab``."""
        fab = name.startswith("fab")
        if name not in self._logged_in:
            self._logged_in[name] = self._context()
            first = self._visitor(self._logged_in[name], fab, "light", WIDE)
            first.go("")
            first.log_in(name, PASSWORD)
            first.leave()
        return self._visitor(self._logged_in[name], fab, theme, size)

    def _context(self) -> BrowserContext:
        context = self._browser.new_context()
        context.set_default_timeout(MILLISECONDS)
        return context

    def _visitor(self, context: BrowserContext, fab: bool, theme: str, size: tuple[int, int]) -> Visitor:
        url = self._deployment.fab_url if fab else self._deployment.url
        self.all.append(Visitor(context, url, theme, size))
        return self.all[-1]


@pytest.fixture(scope="session")
def logged_in() -> dict[str, BrowserContext]:
    """The browsers of those who have logged in."""
    return {}


@pytest.fixture
def visitors(
    browser: Browser,
    canary: Canary,
    deployment: Deployment,
    logged_in: dict[str, BrowserContext],
    request: pytest.FixtureRequest,
) -> Iterator[Visitors]:
    """Visitors to whom nothing bad may happen."""
    found = Visitors(browser, deployment, logged_in)
    yield found
    name = re.sub(
        r"\W+", "-", f"{request.path.stem.removeprefix('test_')}-{request.node.name.removeprefix('test_')}"
    )
    present = [each for each in found.all if not each.page.is_closed()]
    for number, visitor in enumerate(present):
        visitor.keep(SCREENSHOTS / f"{name.strip('-')}{f'-{number}' if number else ''}.png")
    for visitor in present:
        visitor.leave()
    problems = [problem for visitor in found.all for problem in visitor.unexpected()]
    assert [*problems, *(f"left this machine: {each}" for each in canary.take())] == []


@pytest.fixture
def admin(visitors: Visitors) -> Visitor:
    return visitors.user("admin")


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found
