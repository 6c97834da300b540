"""Where data sets are noted, and what is read from them when somebody asks what they refer to."""

from __future__ import annotations

import json
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.distiset import load_from_disk
from airflow_artifacts.distiset.loading import find_manifest
from airflow_artifacts.distiset.references import find_references, note_location
from airflow_artifacts.exceptions import DamagedObjectError, DistisetError, UrlError
from airflow_artifacts.storage import ObjectStore, open_store
from tests.distiset.support import distiset, numbered, stored_artifact

if TYPE_CHECKING:
    from collections.abc import Callable


def nothing_in_particular(_: str) -> None:
    return None


def find(source: ObjectStore) -> set[tuple[str, int]]:
    return find_references(source, nothing_in_particular)


def notes(root: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((root / "distisets").iterdir())]


@pytest.fixture
def save(root: Path, source: ObjectStore) -> Callable[..., None]:
    """Saves a data set that refers to versions, and notes it."""

    def save(path: str, **versions: int | None) -> None:
        artifacts = [
            stored_artifact(root, name, {"x": b"x"}, version=version, ordinal=version or 0)
            for name, version in versions.items()
        ]
        note_location(source, path)
        distiset({"a": numbered(3)}, artifacts=artifacts).save(path, source=source)

    return save


@pytest.fixture(params=["disk", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "out") if request.param == "disk" else f"memory://bucket-{uuid.uuid4().hex}/out"


def test_nothing_was_saved(source: ObjectStore) -> None:
    assert find(source) == set()


def test_current_data_sets_count(
    save: Callable[..., None], source: ObjectStore, place: str, tmp_path: Path
) -> None:
    save(place, plot=3, text=None)
    assert find(source) == {("plot", 3)}
    (artifact, other) = load_from_disk(place).artifacts
    assert (artifact.version, other.version) == (3, None)
    assert "| plot | 3 |" in load_from_disk(place).card.replace("`", "")
    save(place, plot=4)
    save(str(tmp_path / "other"), index=1)
    assert find(source) == {("plot", 4), ("index", 1)}


def test_while_it_is_saved(save: Callable[..., None], source: ObjectStore, place: str) -> None:
    note_location(source, place, {("plot", 4)})
    assert find(source) == {("plot", 4)}
    save(place, plot=3)
    note_location(source, place, {("plot", 4)})
    assert find(source) == {("plot", 3), ("plot", 4)}
    note_location(source, place)
    assert find(source) == {("plot", 3)}


def test_one_note_for_each_place(source: ObjectStore, root: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for path in (f"{tmp_path}/out", (tmp_path / "out").as_uri(), f"{tmp_path}/link/../out/", f"{tmp_path}/link/x"):
        note_location(source, path)
    for path in ("s3://my_conn@bucket/a", "s3://my_conn@bucket/a/", "s3://key:secret@bucket/b?token=secret"):
        note_location(source, path)
    note_location(source, "~/out")
    assert sorted(note["url"] for note in notes(root)) == sorted(
        [
            f"{tmp_path}/out",
            f"{tmp_path}/real/x",
            "s3://my_conn@bucket/a",
            "s3://bucket/b",
            str(Path.home() / "out"),
        ]
    )


def test_where_no_data_set_is(save: Callable[..., None], source: ObjectStore, tmp_path: Path) -> None:
    save(str(tmp_path / "gone"), plot=1)
    shutil.rmtree(tmp_path / "gone")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    note_location(source, str(tmp_path / "other"))
    url = f"memory://bucket-{uuid.uuid4().hex}/out"
    note_location(source, url)
    assert find(source) == set()
    open_store(url).create("README.md", b"mine")
    assert find(source) == set()


def test_a_first_save_that_did_not_come_to_its_end(
    save: Callable[..., None], source: ObjectStore, tmp_path: Path
) -> None:
    url = f"memory://bucket-{uuid.uuid4().hex}/out"
    save(url, plot=1)
    open_store(url).delete("README.md")
    assert find(source) == set()


def refused(source: ObjectStore, *texts: str) -> None:
    with pytest.raises(DistisetError, match="Nothing was deleted") as error:
        find(source)
    (note,) = source.list("distisets")
    for text in (*texts, source.url(note.key)):
        assert text in str(error.value)


def test_a_card_that_no_longer_leads_to_the_data(save: Callable[..., None], source: ObjectStore) -> None:
    url = f"memory://bucket-{uuid.uuid4().hex}/out"
    save(url, plot=1)
    open_store(url).replace("README.md", b"---\nconfigs: []\n---\n")
    refused(source, url, "is not a distiset")


@pytest.mark.parametrize(
    "change", [("distiset/3", "distiset/1"), ('"version": 1', '"version": "1"'), ('"version": 1,', ""), ("{", "[")]
)
def test_a_damaged_manifest(
    save: Callable[..., None], source: ObjectStore, tmp_path: Path, change: tuple[str, str]
) -> None:
    save(str(tmp_path / "out"), plot=1)
    manifest = tmp_path / "out/distiset.json"
    assert change[0] in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(*change))
    refused(source, f"the data set at {tmp_path}/out", "distiset.json is damaged")


def test_a_manifest_that_is_gone(save: Callable[..., None], source: ObjectStore) -> None:
    url = f"memory://bucket-{uuid.uuid4().hex}/out"
    save(url, plot=1)
    store = open_store(url)
    (key,) = [info.key for info in store.list() if info.key.endswith("distiset.json")]
    store.delete(key)
    refused(source, "it is gone, and the card leads to it")
    with pytest.raises(DamagedObjectError):
        load_from_disk(url)


def test_a_place_that_cannot_be_opened(source: ObjectStore) -> None:
    note_location(source, "s3://my_conn@bucket/out")

    def open_folder(url: str) -> None:
        raise UrlError(url, "there is no connection 'my_conn'.")

    with pytest.raises(
        DistisetError, match=r"s3://my_conn@bucket/out refers to: .*there is no connection 'my_conn'"
    ):
        find_references(source, open_folder)

    def fail(_: str) -> None:
        raise RuntimeError("https://user:password@host/x said no")

    with pytest.raises(DistisetError, match="https://host/x said no") as error:
        find_references(source, fail)
    assert "password" not in str(error.value)


@pytest.mark.parametrize("content", ["{", "[]", '{"format": "x"}', '{"url": "/x", "versions": []}'])
def test_a_damaged_note(source: ObjectStore, content: str) -> None:
    source.create("distisets/x.json", content.encode())
    with pytest.raises(DamagedObjectError, match=r"distisets/x\.json is damaged"):
        find(source)


@pytest.mark.parametrize("url", ['""', "null", "3"])
def test_a_note_without_a_place(source: ObjectStore, url: str) -> None:
    note = f'{{"format": "airflow-artifacts/distiset-location/1", "url": {url}, "versions": []}}'
    source.create("distisets/x.json", note.encode())
    with pytest.raises(DamagedObjectError):
        find(source)


def test_a_data_set_that_is_replaced_while_it_is_read(
    save: Callable[..., None], source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"memory://bucket-{uuid.uuid4().hex}/out"
    save(url, plot=1)
    store = open_store(url)
    read, saves = store.read, [2, 3]

    def late(key: str) -> bytes:
        if key.endswith("distiset.json") and saves:
            save(url, plot=saves.pop(0))
        return read(key)

    monkeypatch.setattr(store, "read", late)
    found = find_manifest(store)
    assert found is not None
    assert [artifact.version for artifact in found[0].artifacts] == [3]
