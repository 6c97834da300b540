"""Who sees what: each route, for nobody, for a user of one DAG, and for one of all."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.artifacts.support import save_value
from tests.plugin.conftest import PREFIX, Client, made_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from airflow_artifacts.artifacts import ArtifactRepository

_VALUES = {
    "name:artifact": "plots/a.png",
    "version:number": "1",
    "file:path": "a.txt",
    "dag_id": "mine",
    "file": "plugin.js",
}


def _routes(server: TestClient) -> list[tuple[str, str]]:
    (app,) = [route.app for route in server.app.routes if getattr(route, "path", None) == PREFIX]  # type: ignore[attr-defined]
    return [(method, route.path) for route in app.routes for method in sorted(route.methods)]


def test_every_route_in_the_table_wants_a_login(server: TestClient) -> None:
    routes = _routes(server)
    assert len(routes) > 10
    for method, path in routes:
        url = PREFIX + re.sub(r"{(.*?)}", lambda match: _VALUES[match[1]], path)
        for headers in ({}, {"Authorization": "Bearer nonsense"}):
            answer = server.request(method, url, headers=headers)
            assert answer.status_code in ({401} if not headers else {401, 403}), (method, path)


@pytest.mark.parametrize("path", ["docs", "redoc", "openapi.json", "", "static/x", "assets/../app.py"])
def test_nothing_else_is_there(nobody: Client, viewer: Client, path: str) -> None:
    assert nobody.get(path).status_code in {404, 401}
    assert viewer.get(path).status_code == 404


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Mode": "navigate"}, {"Accept": "text/html,*/*;q=0.8"}])
@pytest.mark.parametrize("path", ["view?dag_id=mine&run_id=run%2B1", "artifacts/plots/a.png@1/files/a%20b.png"])
def test_whoever_follows_a_link_is_led_to_the_login_and_back(
    nobody: Client, path: str, headers: dict[str, str]
) -> None:
    answer = nobody.get(path, headers=headers)
    assert answer.status_code == 307
    assert answer.headers["location"].startswith("/api/v2/auth/login?next=%2Fairflow-artifacts%2F")
    login = nobody._server.get(answer.headers["location"])
    assert login.status_code == 307  # Airflow takes it for a safe place to come back to
    assert "next=" in login.headers["location"]


def test_a_script_is_not_led_to_a_login(nobody: Client) -> None:
    answer = nobody.get("api/artifacts", headers={"Sec-Fetch-Mode": "cors", "Accept": "text/html"})
    assert answer.status_code == 401


@pytest.mark.parametrize("dag_id", ["~", "%7E"])
def test_all_dags_are_none_that_can_be_asked_for(
    viewer: Client, only: Callable[[str], Client], dag_id: str
) -> None:
    for user in (viewer, only("mine"), only("~")):
        assert user.get(f"api/dags/{dag_id}/artifacts").status_code == 403
        assert user.get(f"dags/{dag_id}/archive?run_id=r").status_code == 403


def test_a_number_of_many_digits_is_no_version(nobody: Client, viewer: Client) -> None:
    for path in (f"api/artifacts/x@{'9' * 5000}", "api/artifacts/x@0", "api/artifacts/x@-1"):
        assert nobody.get(path).status_code == 404
        assert viewer.get(path).status_code == 404


@pytest.fixture
def saved(repository: ArtifactRepository) -> None:
    save_value(repository, "shared", "one", producer=made_by("mine"), tags=["of-mine"], metadata={"loss": 1})
    save_value(
        repository,
        "shared",
        "two",
        producer=made_by("theirs"),
        parents=(("shared", 1),),
        tags=["of-theirs"],
        metadata={"secret_key_name": 2},
    )
    save_value(repository, "shared", "three", producer=made_by("mine"), parents=(("shared", 2),))
    save_value(repository, "by_hand", "four")


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize(
    "path",
    [
        "api/artifacts/shared@2",
        "api/artifacts/shared@2/preview?file=shared.txt",
        "artifacts/shared@2/files/shared.txt",
        "artifacts/shared@2/archive",
        "api/artifacts/by_hand@1",
        "artifacts/by_hand@1/files/by_hand.txt",
        "api/dags/theirs/artifacts",
        "api/dags/theirs/rows",
        "api/dags/theirs/rows/first?run_id=r&task_id=t&try_number=1&attempt=x",
        "dags/theirs/archive?run_id=run%2B1",
    ],
)
def test_what_belongs_to_another_dag_is_forbidden(
    only: Callable[[str], Client], viewer: Client, path: str
) -> None:
    answer = only("mine").get(path)
    assert (answer.status_code, answer.json()) == (403, {"detail": "Forbidden"})
    assert viewer.get(path).status_code in {200, 404}


@pytest.mark.usefixtures("saved")
def test_lists_have_only_what_may_be_seen(only: Callable[[str], Client], viewer: Client) -> None:
    def seen(client: Client, **parameters: Any) -> list[tuple[str, int]]:
        page = client.json("api/artifacts", sort="created_at", **parameters)
        found = [(item["name"], item["version"]) for item in page["items"]]
        assert page["total"] == len(found)
        return found

    assert seen(viewer) == [("shared", 1), ("shared", 2), ("shared", 3), ("by_hand", 1)]
    assert seen(only("mine")) == [("shared", 1), ("shared", 3)]
    assert seen(only("theirs"), latest=True) == [("shared", 2)]
    assert seen(only("mine"), dag_id="theirs") == []
    assert seen(only("none")) == []


@pytest.mark.usefixtures("saved")
def test_facets_and_series_have_only_what_may_be_seen(only: Callable[[str], Client], viewer: Client) -> None:
    assert viewer.json("api/facets")["dag_ids"] == ["mine", "theirs"]
    facets = only("mine").json("api/facets")
    assert (facets["dag_ids"], facets["tags"]) == (["mine"], ["of-mine"])
    assert "secret_key_name" not in facets["metadata_keys"]
    series = only("mine").json("api/artifacts/shared/series")
    assert [each["version"] for each in series["versions"]] == [1, 3]
    assert "secret_key_name" not in series["series"]


@pytest.mark.usefixtures("saved")
def test_relatives_that_may_not_be_seen_are_only_counted(only: Callable[[str], Client], viewer: Client) -> None:
    first, third = (viewer.json(f"api/artifacts/shared@{number}") for number in (1, 3))
    assert [child["version"] for child in first["children"]] == [2]
    assert third["parents"] == [{"name": "shared", "version": 2}]
    first, third = (only("mine").json(f"api/artifacts/shared@{number}") for number in (1, 3))
    assert (first["children"], first["hidden_children"]) == ([], 1)
    assert (third["parents"], third["hidden_parents"]) == ([], 1)


@pytest.mark.usefixtures("saved")
def test_what_is_not_there_says_nothing_of_what_is(only: Callable[[str], Client]) -> None:
    for path in ("api/artifacts/shared@9", "api/artifacts/share@1", "artifacts/by_han@1/files/x"):
        answer = only("mine").get(path)
        assert answer.status_code == 404
        assert "by_hand" not in answer.text
        assert "theirs" not in answer.text
        assert " 2" not in answer.text


def test_a_planted_record_shows_nothing_of_another_dag(
    only: Callable[[str], Client], viewer: Client, repository: ArtifactRepository
) -> None:
    secret = save_value(repository, "notes", "TOPSECRET", producer=made_by("theirs"))
    planted = replace(secret.record, files=secret.files, producer=made_by("mine"))
    entry = {"format": "airflow-artifacts/version/1", **planted.to_json()}
    repository.store.create("registry/notes/2", json.dumps(entry).encode())
    for path in (
        "api/artifacts/notes@2",
        "api/artifacts/notes@2/preview?file=notes.txt",
        "artifacts/notes@2/archive",
    ):
        answer = only("mine").get(path)
        assert (answer.status_code, "TOPSECRET" in answer.text) == (502, False)
    assert "theirs" not in only("mine").get("api/artifacts/notes@2").text
    assert only("mine").json("api/artifacts")["items"] == []
    assert len(viewer.json("api/artifacts")["items"]) == 1


def test_a_damaged_record_says_nothing_to_whoever_may_not_see_it(
    only: Callable[[str], Client], repository: ArtifactRepository
) -> None:
    repository.store.create("registry/notes/1", b'{"format": "airflow-artifacts/version/1", "size": "SECRET"}')
    answer = only("mine").get("api/artifacts/notes@1")
    assert (answer.status_code, answer.json()["detail"]) == (
        502,
        "The record of version 1 of the artifact 'notes' is damaged. The server's log says how.",
    )


def test_in_a_deployment_with_teams_the_team_of_a_dag_is_asked_for(
    viewer: Client, repository: ArtifactRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.models.dag import DagModel

    asked: list[str] = []
    monkeypatch.setattr(DagModel, "get_team_name", asked.append)
    save_value(repository, "a", "x", producer=made_by("mine"))
    viewer.json("api/artifacts")
    assert asked == []
    monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", "True")
    viewer.json("api/artifacts")
    assert asked == ["mine"]
