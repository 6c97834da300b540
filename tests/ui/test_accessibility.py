"""Nothing keeps people from using the pages who cannot see or point, or whose screen is small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ui.accessibility import find_violations
from tests.ui.addresses import airflow_page, plain_page
from tests.ui.parts import open_artifact, open_tab, root_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ui.conftest import Visitors

WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def check(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    assert find_violations(page) == []


def test_tab(visitors: Visitors, theme: str, size: tuple[int, int]) -> None:
    page = visitors.user("admin", theme=theme, size=size).go(airflow_page("example_text_statistics", "count"))
    open_tab(page).get_by_text("text_character_count_distribution").first.wait_for()
    check(page)


def test_browser(visitors: Visitors, theme: str, size: tuple[int, int]) -> None:
    page = visitors.user("admin", theme=theme, size=size).go("plugin/artifacts")
    root_of(page).get_by_text("other/note.txt").first.wait_for()
    check(page)


def test_browser_with_tags_and_conditions(visitors: Visitors, theme: str, size: tuple[int, int]) -> None:
    long = "x" * 200
    query = f"tag=model&tag=run-3&meta=accuracy>0.5&meta=note!={long}"
    page = visitors.user("admin", theme=theme, size=size).go(f"plugin/artifacts?{query}")
    root_of(page).get_by_text("model/report.md").first.wait_for()
    check(page)
    assert page.evaluate(WIDER) <= 0, "it is wider than the screen"


def test_page_of_an_artifact(visitors: Visitors, theme: str, size: tuple[int, int]) -> None:
    page = visitors.user("admin", theme=theme, size=size).go(plain_page("versions", "report", run_id="3"))
    open_artifact(root_of(page), "model/report.md")
    root_of(page).get_by_role("heading", name="Report 3").wait_for()
    check(page)
    assert page.evaluate(WIDER) <= 0, "it is wider than the screen"
