"""The parts of what the plugin shows, as people find them: by what they say and by their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PREVIEW_MILLISECONDS = 2000


def root_of(page: Page) -> Locator:
    """Find all that is ours on a page."""
    return page.locator(".aa-root")


def open_tab(page: Page) -> Locator:
    """Click the tab on a page of Airflow; its extra link has the same name, and leads elsewhere."""
    page.locator("a[href*='/plugin/']").filter(has_text="Artifacts").first.click()
    return root_of(page)


def row_of(root: Locator, text: str) -> Locator:
    """Find the row of a table in which something stands."""
    return root.get_by_role("row").filter(has=root.page.get_by_text(text, exact=True))


def open_artifact(root: Locator, name: str) -> None:
    row_of(root, name).first.get_by_role("link", name=name, exact=True).click()


def names_shown(root: Locator) -> list[str]:
    """List the names of the artifacts in a list, as it shows them."""
    found = root.locator("th.aa-name").all_inner_texts()
    return [text.strip() for text in found]
