from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.distiset.publications import Publication, note_publication
from airflow_artifacts.storage import LocalObjectStore
from tests.artifacts.support import save_value
from tests.plugin.conftest import Client, made_by

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.artifacts import ArtifactRepository


def test_a_version_shows_its_files_and_metadata_and_what_became_of_it(
    viewer: Client, repository: ArtifactRepository, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.txt").write_text("hello")
    (tmp_path / "b.csv").write_text("n\n1\n")
    save_value(
        repository, "folder", tmp_path, producer=made_by("d"), metadata={"loss": 1.5, "by": {"who": ["me"]}}
    )
    version = repository.get("folder")
    repository.add_metadata(version, {"loss": 1.25})
    child = save_value(repository, "child", "c", producer=made_by("d", run_id="later"), parents=(("folder", 1),))
    note_publication(
        repository.store,
        Publication(
            created_at=child.record.created_at,
            producer=made_by("d", "push"),
            path=None,
            repo_id="me/set",
            revision="main",
            commit="a" * 40,
            url="https://hub.example/datasets/me/set",
            rows=7,
            versions=(("folder", 1),),
        ),
    )
    found = viewer.json("api/artifacts/folder@1")
    assert [(file["path"], file["size"], file["media_type"]) for file in found["files"]] == [
        ("a/x.txt", 5, "text/plain"),
        ("b.csv", 4, "text/csv"),
    ]
    assert (found["file_count"], found["is_served"], found["source"]) == (2, True, None)
    now = {value["key"]: value for value in found["metadata"]}
    assert (now["loss"]["text"], now["by"]["type"]) == ("1.25", "object")
    assert json.loads(now["by"]["text"]) == {"who": ["me"]}
    assert {value["key"]: value["text"] for value in found["metadata_saved"]}["loss"] == "1.5"
    assert [[value["text"] for value in change["metadata"]] for change in found["metadata_history"]] == [["1.25"]]
    assert [item["uri"] for item in found["children"]] == ["artifact://child@1"]
    (publication,) = found["publications"]
    assert (publication["repo_id"], publication["rows"], publication["producer"]["task_id"]) == (
        "me/set",
        7,
        "push",
    )


def test_metadata_of_a_megabyte_is_cut(viewer: Client, repository: ArtifactRepository) -> None:
    save_value(
        repository, "big", 1, metadata={"long": "é" * 1_000_000, **{f"k{n}": "x" * 5000 for n in range(300)}}
    )
    answer = viewer.get("api/artifacts/big@1")
    assert len(answer.content) < 4_000_000
    long, *others = (value for value in answer.json()["metadata"] if value["key"] not in {"size", "length"})
    assert (len(long["text"]), long["size"], long["is_cut"]) == (20_000, 1_000_000, True)
    assert others[0]["is_cut"] is False
    assert len(others[-1]["text"]) == 120
    listed = viewer.get("api/artifacts")
    assert len(listed.content) < 10_000


def test_metadata_is_written_as_people_read_it(viewer: Client, repository: ArtifactRepository) -> None:
    values = {
        "yes": True,
        "nothing": None,
        "short": [1, "é"],
        "long": {"a": ["é" * 100]},
        "text": '"',
        "said": "x" * 500,
    }
    save_value(repository, "all", 1, metadata=values, tags=[f"tag{number:02}" for number in range(30)])
    found = {
        value["key"]: (value["type"], value["text"]) for value in viewer.json("api/artifacts/all@1")["metadata"]
    }
    assert {key: found[key] for key in values} == {
        "yes": ("boolean", "true"),
        "nothing": ("null", "null"),
        "short": ("list", '[1, "é"]'),
        "long": ("object", '{\n "a": [\n  "' + "é" * 100 + '"\n ]\n}'),
        "text": ("string", '"'),
        "said": ("string", "x" * 500),
    }
    (item,) = viewer.json("api/artifacts")["items"]
    assert item["tags"] == [f"tag{number:02}" for number in range(20)]
    listed = {value["key"]: (len(value["text"]), value["is_cut"]) for value in item["metadata"]}
    assert (listed["said"], listed["text"]) == ((120, True), (1, False))


def test_half_a_character_in_a_record_breaks_no_answer(viewer: Client, repository: ArtifactRepository) -> None:
    version = save_value(repository, "odd", 1, metadata={"a": "X"})
    (key,) = (info.key for info in repository.store.list("registry/odd") if info.key.endswith("/1"))
    record = json.loads(repository.store.read(key))
    record["metadata"]["a"] = "\ud800"
    repository.store.replace(key, json.dumps(record).encode())
    assert viewer.get(f"api/artifacts/odd@{version.version}").status_code == 200


def test_a_deleted_version_is_gone(viewer: Client, repository: ArtifactRepository) -> None:
    save_value(repository, "old", 1)
    repository.delete("old", [1])
    answer = viewer.get("api/artifacts/old@1")
    assert (answer.status_code, "deleted" in answer.json()["detail"]) == (404, True)


def test_a_damaged_record_is_named(viewer: Client, repository: ArtifactRepository) -> None:
    save_value(repository, "broken", 1)
    repository.store.replace("registry/broken/1", b"{}")
    answer = viewer.get("api/artifacts/broken@1")
    assert (answer.status_code, "is damaged" in answer.json()["detail"]) == (502, True)


def test_a_deleted_parent_is_neither_shown_nor_hidden(viewer: Client, repository: ArtifactRepository) -> None:
    save_value(repository, "old", 1)
    save_value(repository, "new", 2, parents=(("old", 1), ("never", 7)))
    assert viewer.json("api/artifacts/new@1")["parents"] == [{"name": "old", "version": 1}]
    repository.delete("old", [1])
    time.sleep(1.1)  # the catalogue looks once a second
    found = viewer.json("api/artifacts/new@1")
    assert (found["parents"], found["hidden_parents"]) == ([], 0)


def test_a_download_is_sent_to_the_store_where_that_is_wanted(
    viewer: Client, repository: ArtifactRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_value(repository, "note", "hello")
    monkeypatch.setattr(LocalObjectStore, "signed_url", lambda *_: "https://store.example/note?signature=x")
    assert viewer.get("artifacts/note@1/files/note.txt").status_code == 200
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__SIGNED_DOWNLOADS", "True")
    answer = viewer.get("artifacts/note@1/files/note.txt")
    assert (answer.status_code, answer.headers["location"]) == (307, "https://store.example/note?signature=x")


@pytest.mark.parametrize(
    "path",
    [
        "artifacts/note@1/files/..%2F..%2Fregistry%2Fnote%2F1",
        "artifacts/note@1/files/%2Fetc%2Fhostname",
        "artifacts/note@1/files/note.txt%00",
        "artifacts/note@1/files/note.txt%2F..",
        "artifacts/..%2Fnote@1/files/note.txt",
        "artifacts//note@1/files/note.txt",
        "api/artifacts/note@1/preview?file=..%2Fnote.txt",
        "api/artifacts/..@1",
        "api/artifacts/.@1",
        "api/artifacts/note@99999999999999999999",
    ],
)
def test_no_path_from_outside_leads_anywhere(viewer: Client, repository: ArtifactRepository, path: str) -> None:
    save_value(repository, "note", "hello")
    assert viewer.get(path).status_code in {400, 404}
    assert viewer.get("artifacts/note@1/files/note.txt").text == "hello"


def test_a_link_that_leads_out_of_the_root_is_not_followed(
    viewer: Client, repository: ArtifactRepository, root: Path, tmp_path: Path
) -> None:
    version = save_value(repository, "note", "hello")
    (tmp_path / "elsewhere").write_text("hello")
    file = root / version.path / "note.txt"
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    for path in ("artifacts/note@1/files/note.txt", "api/artifacts/note@1/preview?file=note.txt"):
        answer = viewer.get(path)
        assert (answer.status_code, "a link leads to it" in answer.json()["detail"]) == (502, True)


@pytest.fixture
def by_reference(repository: ArtifactRepository, tmp_path: Path) -> Path:
    place = tmp_path / "data"
    (place / "in").mkdir(parents=True)
    (place / "in" / "a.txt").write_text("outside")
    client = ArtifactClient(repository.store.root)
    client.register_artifact(str(place / "in"), "referenced", copy=False)
    return place


def _read(viewer: Client) -> Any:
    return viewer.get("artifacts/referenced@1/files/a.txt")


@pytest.mark.usefixtures("by_reference")
def test_files_kept_elsewhere_are_not_read_by_the_server(viewer: Client) -> None:
    detail = viewer.json("api/artifacts/referenced@1")
    assert (detail["is_by_reference"], detail["is_served"]) == (True, False)
    assert detail["source"].startswith("file:///")
    for answer in (_read(viewer), viewer.get("artifacts/referenced@1/archive")):
        assert (answer.status_code, "served_sources" in answer.json()["detail"]) == (404, True)


def test_files_kept_elsewhere_are_read_where_the_deployment_says_so(
    viewer: Client, by_reference: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    option = "AIRFLOW__AIRFLOW_ARTIFACTS__SERVED_SOURCES"
    monkeypatch.setenv(option, f"{by_reference.as_uri()[:-1]}, {tmp_path.as_uri()}/dat")
    assert _read(viewer).status_code == 404  # a part of a folder's name is another folder
    monkeypatch.setenv(option, f"s3://bucket/data, {by_reference.as_uri()}/")
    assert viewer.json("api/artifacts/referenced@1")["is_served"] is True
    assert _read(viewer).text == "outside"
    monkeypatch.setenv(option, f"{tmp_path.as_uri()}")  # the root is below it, too
    assert _read(viewer).text == "outside"
    (tmp_path / "secret").write_text("outside")
    (by_reference / "in" / "a.txt").unlink()
    (by_reference / "in" / "a.txt").symlink_to(tmp_path / "secret")
    assert (_read(viewer).status_code, "a link" in _read(viewer).text) == (502, True)


def test_a_folder_that_became_a_link_out_of_what_is_served_is_not_read(
    viewer: Client, by_reference: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__SERVED_SOURCES", by_reference.as_uri())
    assert _read(viewer).text == "outside"
    (by_reference / "in").rename(tmp_path / "secret")
    (by_reference / "in").symlink_to(tmp_path / "secret")
    answer = _read(viewer)
    assert (answer.status_code, "a link that leads out" in answer.json()["detail"]) == (502, True)


def test_names_with_anything_in_them_are_served(
    viewer: Client, repository: ArtifactRepository, tmp_path: Path
) -> None:
    names = ['a "b" <c>.txt', "ü@1.txt", "a;b&c=d#e?f.txt"]
    for name in names:
        (tmp_path / name).write_text(name)
    save_value(repository, "odd", tmp_path)
    for name in names:
        answer = viewer.get(f"artifacts/odd@1/files/{quote(name)}")
        assert (answer.status_code, answer.text) == (200, name)
        assert viewer.json(f"api/artifacts/odd@1/preview?file={quote(name)}")["text"] == name
