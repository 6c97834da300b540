"""The tab "Artifacts" on Airflow's own pages, and the button that leads to a page of the plugin's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.ui.addresses import airflow_page, plain_page
from tests.ui.parts import names_shown, open_artifact, open_tab, root_of, row_of
from tests.ui.pixels import count_colours

if TYPE_CHECKING:
    from tests.ui.browsing import Visitor
    from tests.ui.conftest import Visitors
    from tests.ui.deployment import Deployment

FIGURE = "text_character_count_distribution"
RESULTS = {
    "config.yaml",
    "results/notes.txt",
    "results/predictions",
    "results/scores.csv",
    "results/scores.png",
    "results/summary.json",
}
# Who sees the tab: everybody with simple logins, and of FAB's users who may read plugins.
WITH_TAB = ("admin", "viewer", "fab_admin", "fab_other")


def test_all_dags_ran_as_they_should(deployment: Deployment) -> None:
    states = {run.partition("/")[0]: instances for run, instances in deployment.states.items()}
    assert states.pop("retried") == {"recovers": "success", "fails": "failed"}
    assert {state for instances in states.values() for state in instances.values()} == {"success"}


def test_task_instance_shows_the_pixels_of_its_histogram(visitors: Visitors, theme: str) -> None:
    page = visitors.user("admin", theme=theme).go(airflow_page("example_text_statistics", "count"))
    root = open_tab(page)
    open_artifact(root, FIGURE)
    image = root.locator("img").first
    expect(image).to_be_visible()
    assert count_colours(image) > 50
    assert image.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [1000, 600]


def test_task_instance_shows_its_rows(admin: Visitor) -> None:
    root = open_tab(admin.go(airflow_page("example_text_statistics", "count")))
    expect(root.get_by_text("text_character_count").first).to_be_visible()
    root.get_by_role("button", name="Show first rows").click()
    expect(root.get_by_role("columnheader", name="qualname")).to_be_visible()


def test_mapped_task_instances_have_each_their_own(admin: Visitor) -> None:
    for map_index, package in enumerate(("json", "email")):
        root = open_tab(admin.go(airflow_page("example_mapped_steps", "load", map_index)))
        root.get_by_role("button", name="Show first rows").click()
        expect(root.get_by_role("cell", name=package, exact=True).first).to_be_visible()


def test_run_shows_what_all_its_tasks_made(admin: Visitor) -> None:
    root = open_tab(admin.go(airflow_page("example_artifact_logging")))
    expect(row_of(root, "results/notes.txt")).to_be_visible()
    assert set(names_shown(root)) == RESULTS


@pytest.mark.parametrize("page", ["dags/example_artifact_logging", "dags/example_artifact_logging/tasks/train"])
def test_dag_and_task_show_what_they_made(admin: Visitor, page: str) -> None:
    root = open_tab(admin.go(page))
    expect(row_of(root, "results/notes.txt")).to_be_visible()
    assert set(names_shown(root)) == RESULTS


def test_producer_leads_to_its_task_instance(admin: Visitor) -> None:
    root = open_tab(admin.go(airflow_page("example_artifact_logging")))
    row_of(root, "results/notes.txt").get_by_role("link", name="train").first.click()
    admin.page.wait_for_url("**/dags/example_artifact_logging/runs/**/tasks/train")


def test_earlier_and_failed_tries_are_there_and_marked(admin: Visitor) -> None:
    root = open_tab(admin.go(airflow_page("retried", "recovers")))
    expect(row_of(root, "retried/try-1.txt")).to_contain_text("earlier")
    expect(row_of(root, "retried/try-2.txt")).not_to_contain_text("earlier")
    root = open_tab(admin.go(airflow_page("retried", "fails")))
    expect(row_of(root, "retried/failed.txt")).to_contain_text("failed")


def test_parquet_is_a_table_with_the_right_cells(admin: Visitor) -> None:
    root = open_tab(admin.go(airflow_page("tables", "write")))
    open_artifact(root, "tables/squares.parquet")
    expect(root.get_by_role("columnheader", name="square")).to_be_visible()
    row = root.get_by_role("row").filter(has=admin.page.get_by_role("cell", name="word 7", exact=True))
    assert [text.strip() for text in row.get_by_role("cell").all_inner_texts()] == ["7", "49", "word 7"]
    expect(root).to_contain_text("of 1,000 rows")


@pytest.mark.parametrize("file", ["squares.csv", "squares.jsonl"])
def test_other_tables_have_the_same_cells(admin: Visitor, file: str) -> None:
    root = root_of(admin.go(plain_page("tables", "write")))
    open_artifact(root, f"tables/{file}")
    row = root.get_by_role("row").filter(has=admin.page.get_by_role("cell", name="word 7", exact=True))
    expect(row).to_be_visible()
    assert [text.strip() for text in row.get_by_role("cell").all_inner_texts()] == ["7", "49", "word 7"]


@pytest.mark.parametrize("name", WITH_TAB)
def test_tab_is_there_for_whoever_may_see_plugins(visitors: Visitors, name: str) -> None:
    root = open_tab(visitors.user(name).go(airflow_page("other_dag", "write")))
    expect(row_of(root, "other/note.txt")).to_be_visible()


@pytest.mark.parametrize("name", ["admin", "fab_admin", "fab_viewer"])
def test_button_leads_to_a_page_that_needs_no_tab(visitors: Visitors, name: str) -> None:
    visitor = visitors.user(name)
    page = visitor.go(f"{airflow_page('example_text_statistics', 'count')}/details")
    link = page.locator("a[href*='airflow-artifacts/view']").first
    expect(link).to_have_text("Artifacts")
    if name == "fab_viewer":
        assert page.locator("a[href*='/plugin/']").count() == 0
    address = link.get_attribute("href") or ""
    link.evaluate("link => link.removeAttribute('target')")  # it may open in a tab of its own
    link.click()
    page.wait_for_url("**/airflow-artifacts/view?**")
    assert page.url.startswith(f"{visitor.url}/airflow-artifacts/view?"), address
    expect(row_of(root_of(page), FIGURE)).to_be_visible()
