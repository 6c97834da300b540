"""Who may see what: nobody without a login, and of DAGs only those that one may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from tests.ui.addresses import APP, api_routes, list_route, plain_page
from tests.ui.deployment import PASSWORD, RUN

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse

    from tests.ui.browsing import Visitor
    from tests.ui.conftest import Visitors

TABLE = ("tables/squares.parquet", 1, "squares.parquet", "tables", "write")
OTHER = ("other/note.txt", 1, "note.txt", "other_dag", "write")
PAGE = plain_page("other_dag", "write")


def ask(visitor: Visitor, path: str) -> APIResponse:
    return visitor.context.request.get(f"{visitor.url}/{path}", max_redirects=0)


def statuses(visitor: Visitor, routes: dict[str, str]) -> dict[str, int]:
    return {what: ask(visitor, path).status for what, path in routes.items()}


def items(visitor: Visitor, path: str) -> list[dict[str, Any]]:
    answer = ask(visitor, path)
    assert answer.ok, answer.text()
    return list(answer.json()["items"])


@pytest.mark.parametrize("fab", [False, True], ids=["simple", "fab"])
def test_routes_answer_401_without_a_login(visitors: Visitors, fab: bool) -> None:
    stranger = visitors.stranger(fab=fab)
    routes = {
        **api_routes(*TABLE),
        "list": list_route(),
        "facets": f"{APP}/api/facets",
        "series": f"{APP}/api/artifacts/{TABLE[0]}/series",
    }
    # What a browser opens leads to the login; what scripts ask for says why it is refused.
    opened = {"file", "inline file", "archive", "archive of the DAG"}
    found = statuses(stranger, routes)
    assert {what: status for what, status in found.items() if what not in opened} == dict.fromkeys(
        routes.keys() - opened, 401
    )
    assert {what: status in {401, 302, 303, 307} for what, status in found.items() if what in opened} == (
        dict.fromkeys(opened, True)
    )


@pytest.mark.parametrize("name", ["admin", "fab_admin"])
def test_a_page_leads_to_the_login_and_back(visitors: Visitors, name: str) -> None:
    stranger = visitors.stranger(fab=name.startswith("fab"))
    stranger.go(PAGE)
    assert "/login" in stranger.page.url
    stranger.log_in(name, PASSWORD)
    stranger.page.wait_for_url(f"{stranger.url}/{APP}/view**")
    assert unquote(stranger.page.url.replace("+", " ")).endswith(
        f"view?dag_id=other_dag&run_id={RUN}&task_id=write&map_index=-1"
    )
    stranger.page.locator(".aa-root").get_by_text("other/note.txt").first.wait_for()


def test_viewer_of_everything_sees_all(visitors: Visitors) -> None:
    for name in ("viewer", "fab_viewer"):
        visitor = visitors.user(name)
        assert statuses(visitor, api_routes(*TABLE)) == dict.fromkeys(api_routes(*TABLE), 200)
        assert {"tables", "other_dag"} <= set(ask(visitor, f"{APP}/api/facets").json()["dag_ids"])


def test_user_of_one_dag_is_refused_the_others(visitors: Visitors) -> None:
    other = visitors.user("fab_other")
    assert statuses(other, api_routes(*TABLE)) == dict.fromkeys(api_routes(*TABLE), 403)


def test_user_of_one_dag_finds_only_its_artifacts(visitors: Visitors) -> None:
    other = visitors.user("fab_other")
    assert statuses(other, api_routes(*OTHER)) == dict.fromkeys(api_routes(*OTHER), 200)
    assert [each["name"] for each in items(other, list_route())] == ["other/note.txt"]
    hidden = [("name", "tables/squares.parquet"), ("dag_id", "tables"), ("tag", "table"), ("metadata", "rows")]
    assert [items(other, list_route([each])) for each in hidden] == [[]] * len(hidden)
    facets = ask(other, f"{APP}/api/facets").json()
    assert (facets["dag_ids"], facets["task_ids"], facets["tags"]) == (["other_dag"], ["write"], ["other"])
    assert "secret" in facets["metadata_keys"]
    assert not {"accuracy", "points", "rows"} & set(facets["metadata_keys"])
    series = ask(other, f"{APP}/api/artifacts/model/report.md/series")
    assert series.json() == {"versions": [], "series": {}}


def test_user_of_one_dag_sees_it_in_the_browser(visitors: Visitors) -> None:
    other = visitors.user("fab_other")
    root = other.go("plugin/artifacts").locator(".aa-root")
    root.get_by_text("other/note.txt").first.wait_for()
    assert root.get_by_text("squares").count() == 0


def test_user_of_one_dag_is_told_on_the_page_of_another(visitors: Visitors) -> None:
    other = visitors.user("fab_other")
    other.expected.append("403")
    page = other.go(plain_page("tables", "write"))
    page.wait_for_load_state("networkidle")
    page.get_by_text("You may not read artifacts of this DAG").first.wait_for()
    assert "squares" not in page.inner_text("body")
