"""The browser in the menu "Browse": finding, comparing, and following what came from what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.ui.deployment import VERSIONS
from tests.ui.parts import names_shown, open_artifact, root_of, row_of
from tests.ui.pixels import count_colours

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.ui.browsing import Visitor
    from tests.ui.conftest import Visitors

REPORT = "model/report.md"


def open_browser(visitor: Visitor) -> Locator:
    root = root_of(visitor.go("plugin/artifacts"))
    root.get_by_role("table").first.wait_for()
    return root


def expect_names(root: Locator, names: set[str]) -> None:
    """Wait until a list has these artifacts and no others."""
    for _ in range(50):
        if set(names_shown(root)) == names:
            return
        root.page.wait_for_timeout(100)
    assert set(names_shown(root)) == names


def test_menu_leads_to_the_browser(admin: Visitor) -> None:
    page = admin.go("")
    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="Artifacts").click()
    expect(root_of(page).get_by_role("table").first).to_be_visible()


@pytest.mark.parametrize(
    ("field", "value", "names"),
    [
        ("Name", "squares.", {"tables/squares.parquet", "tables/squares.csv", "tables/squares.jsonl"}),
        ("DAG", "other_dag", {"other/note.txt"}),
        ("Kind", "figure", {"results/scores.png", "model/plot.png"}),
        ("Tag", "other", {"other/note.txt"}),
        ("Metadata", "points", {"model/plot.png"}),
        ("Metadata", "accuracy>0.75", {REPORT}),
        ("Metadata", "author=train", {"results/notes.txt"}),
    ],
)
def test_filters_leave_what_was_asked_for(admin: Visitor, field: str, value: str, names: set[str]) -> None:
    root = open_browser(admin)
    box = root.get_by_label(field, exact=True).first
    if box.evaluate("box => box.tagName") == "SELECT":
        box.select_option(value)
    else:
        box.fill(value)
        box.press("Enter")
    expect_names(root, names)


def test_filters_are_in_the_url(admin: Visitor) -> None:
    root = open_browser(admin)
    root.get_by_label("Name", exact=True).fill("other/")
    expect_names(root, {"other/note.txt"})
    admin.page.reload()
    expect_names(root, {"other/note.txt"})


def remove(root: Locator, chip: str) -> Locator:
    """Find the button that removes a tag or a condition."""
    return root.get_by_role("button", name=f"Remove {chip}", exact=True)


def test_all_tags_and_conditions_have_to_match(admin: Visitor) -> None:
    root = open_browser(admin)
    latest = root.get_by_label("latest versions only")
    latest.click()  # what it shows is what the address says, a moment later
    expect(latest).not_to_be_checked()
    root.get_by_label("Tag", exact=True).select_option("model")
    expect(remove(root, "tag model")).to_be_visible()
    condition = root.get_by_label("Metadata", exact=True)
    condition.fill("accuracy<0.75")
    condition.press("Enter")
    expect(root.locator("th.aa-name")).to_have_count(2)
    condition.fill("loss < 0.9")
    root.get_by_role("button", name="Add condition").click()
    expect(root.locator("th.aa-name")).to_have_count(1)
    expect(row_of(root, REPORT)).to_contain_text("loss 0.5")
    admin.page.reload()
    expect(row_of(root, REPORT)).to_contain_text("loss 0.5")
    root.get_by_label("Tag", exact=True).select_option("run-1")
    expect(root.get_by_text("No artifact matches these filters.")).to_be_visible()
    admin.page.go_back()
    expect(row_of(root, REPORT)).to_contain_text("loss 0.5")


def test_tags_and_conditions_are_added_and_removed_with_the_keyboard(admin: Visitor) -> None:
    root = open_browser(admin)
    keys = admin.page.keyboard
    root.get_by_label("Tag", exact=True).focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):  # opens the list, goes to the first tag, chooses it
        keys.press(key)
    expect(remove(root, "tag model")).to_be_visible()
    expect(root.get_by_role("listitem")).to_have_count(1)
    root.get_by_label("Metadata", exact=True).focus()
    keys.type("accuracy>0.75")
    keys.press("Enter")
    expect(remove(root, "condition accuracy>0.75")).to_be_visible()
    expect_names(root, {REPORT})
    remove(root, "tag model").press("Enter")
    expect(root.get_by_label("Tag", exact=True)).to_be_focused()
    expect(root.get_by_role("listitem")).to_have_count(1)
    remove(root, "condition accuracy>0.75").press("Enter")
    expect(root.get_by_label("Metadata", exact=True)).to_be_focused()
    expect(root.get_by_role("listitem")).to_have_count(0)


def test_a_condition_that_makes_no_sense_is_named_and_leaves_the_others(admin: Visitor) -> None:
    admin.expected.append("status of 400")
    root = root_of(admin.go("plugin/artifacts?q=model&tag=model&meta=loss<0.4&meta=accuracy>high"))
    expect(root.get_by_role("alert")).to_contain_text("'accuracy>high': 'high' is no number.")
    expect(root.get_by_label("Name", exact=True)).to_have_value("model")
    expect(root.get_by_role("listitem")).to_have_count(3)
    remove(root, "condition accuracy>high").click()
    expect_names(root, {REPORT})
    expect(root.get_by_role("alert")).to_have_count(0)


def test_versions_are_compared(visitors: Visitors, theme: str) -> None:
    visitor = visitors.user("admin", theme=theme)
    root = open_browser(visitor)
    open_artifact(root, REPORT)
    root.get_by_role("link", name="Compare with version 1").click()
    expect(root.get_by_role("heading", name="version 1 and version 3")).to_be_visible()
    accuracy = row_of(root, "accuracy")
    expect(accuracy).to_contain_text("changed")
    assert [cell.partition(" ")[0] for cell in accuracy.get_by_role("cell").all_inner_texts()[-2:]] == [
        "0.6",
        "0.8",
    ]
    expect(root.locator(".aa-diff-removed").filter(has_text="A line of run 1.")).to_be_visible()
    expect(root.locator(".aa-diff-added").filter(has_text="A line of run 3.")).to_be_visible()


def test_plots_and_tables_are_compared(admin: Visitor) -> None:
    root = open_browser(admin)
    open_artifact(root, "model/plot.png")
    root.get_by_role("link", name="Compare with version 1").click()
    images = [root.get_by_role("img", name=f"plot.png of version {number}") for number in (1, 3)]
    assert all(count_colours(image) > 10 for image in images)
    admin.go("plugin/artifacts?artifact=model/table.parquet@3&compare=1")
    expect(row_of(root, "b")).to_contain_text("removed")
    expect(row_of(root, "c")).to_contain_text("added")
    counts = root.get_by_role("table", name="Counts of both tables")
    assert row_of(counts, "Rows").get_by_role("cell").all_inner_texts()[-2:] == ["1", "3"]


def test_chart_has_a_point_for_each_version(admin: Visitor) -> None:
    root = open_browser(admin)
    open_artifact(root, REPORT)
    chart = root.get_by_role("img", name="accuracy over 3 versions: first 0.6")
    expect(chart).to_be_visible()
    assert chart.locator("circle").count() == len(VERSIONS)
    heights = chart.locator("circle").evaluate_all("all => all.map(each => Number(each.getAttribute('cy')))")
    assert heights == sorted(heights, reverse=True), "it grows"


def test_parents_and_children_lead_to_each_other(admin: Visitor) -> None:
    root = open_browser(admin)
    open_artifact(root, REPORT)
    root.get_by_role("link", name=f"{REPORT}@2").click()
    expect(root.get_by_role("link", name=f"{REPORT}@1")).to_be_visible()
    children = root.get_by_role("table", name="Artifacts that were made of it")
    children.get_by_role("link", name=REPORT, exact=True).click()
    expect(root.get_by_role("heading", name=f"{REPORT}@3")).to_be_visible()


def test_an_artifact_is_opened_with_the_keyboard(admin: Visitor) -> None:
    root = open_browser(admin)
    link = row_of(root, "other/note.txt").get_by_role("link", name="other/note.txt")
    root.get_by_label("Name", exact=True).focus()
    for _ in range(400):
        if link.evaluate("link => link === document.activeElement"):
            break
        admin.page.keyboard.press("Tab")
    outline = link.evaluate("link => { const s = getComputedStyle(link); return s.outlineStyle + s.boxShadow }")
    assert outline != "nonenone", "where the focus is cannot be seen"
    admin.page.keyboard.press("Enter")
    expect(root.get_by_text("Only of the other one.").first).to_be_visible()
