from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from airflow_artifacts.links import ArtifactsLink
from airflow_artifacts.plugin.bundle import FOLDER, get_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from tests.plugin.conftest import Client


def test_plugin_is_loaded(server: TestClient) -> None:
    from airflow.plugins_manager import _get_plugins

    plugins, errors = _get_plugins()
    assert "airflow_artifacts" in {plugin.name for plugin in plugins}
    assert not errors


def test_airflow_tells_its_ui_of_the_tabs_and_the_menu(server: TestClient) -> None:
    from airflow.plugins_manager import get_plugin_info

    (info,) = [plugin for plugin in get_plugin_info() if plugin["name"] == "airflow_artifacts"]
    apps = {app["destination"]: app for app in info["react_apps"]}
    assert set(apps) == {"nav", "dag", "dag_run", "task", "task_instance"}
    assert len({app["url_route"] for app in apps.values()}) == len(apps)
    assert {(app["name"], app["bundle_url"]) for app in apps.values()} == {
        ("Artifacts", f"airflow-artifacts/assets/{get_bundle().plugin}")
    }
    assert apps["nav"]["category"] == "browse"


def test_the_page_loads_nothing_from_elsewhere(viewer: Client) -> None:
    answer = viewer.get("view", dag_id='"><script>alert(1)</script>')
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "alert" not in answer.text
    assert '<base href="/">' in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert re.findall(r'src="([^"]*)"', answer.text) == [f"airflow-artifacts/assets/{get_bundle().page}"]


@pytest.mark.parametrize("which", ["plugin", "page"])
def test_the_front_end_never_changes_under_its_name(viewer: Client, which: str) -> None:
    file = getattr(get_bundle(), which)
    answer = viewer.get(f"assets/{file}")
    assert answer.content == (FOLDER / file).read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert viewer.get("assets/manifest.json").status_code == 404


def test_links_of_tasks_lead_to_the_page(only: Callable[[str], Client]) -> None:
    class Key:
        dag_id, run_id, task_id, map_index = "mine", "manual__2026-11-30T00:00:00+00:00", "t", None

    link = ArtifactsLink().get_link(None, ti_key=Key())  # type: ignore[arg-type]
    assert urlsplit(link).path == "airflow-artifacts/view"
    assert dict(parse_qsl(urlsplit(link).query)) == {
        "dag_id": "mine",
        "run_id": Key.run_id,
        "task_id": "t",
        "map_index": "-1",
    }
    assert only("mine").get(link.removeprefix("airflow-artifacts/")).status_code == 200


def test_the_front_end_was_built_from_the_sources_that_are_there() -> None:
    """What is hashed, ui/build.mjs says."""
    folder = Path(__file__).parents[2] / "ui"
    below = [
        path.relative_to(folder).as_posix()
        for path in (folder / "src").rglob("*")
        if path.is_file() and ".test." not in path.name
    ]
    names = sorted(["build.mjs", "package.json", "package-lock.json", "tsconfig.json", *below])
    lines = (f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n" for name in names)
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == get_bundle().sources, "run `make build-ui`"


def test_no_registry_of_packages_is_named() -> None:
    assert "resolved" not in (Path(__file__).parents[2] / "ui" / "package-lock.json").read_text()
