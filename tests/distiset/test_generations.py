"""A distiset on a store: uploaded aside, made visible by one object, seen old or new."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
import yaml

from airflow_artifacts.distiset import Distiset, load_from_disk
from airflow_artifacts.exceptions import DamagedObjectError, DistisetError, ForeignFolderError, StorageError
from airflow_artifacts.storage import ObjectStore, open_store
from tests.distiset.support import PNG, distiset, numbered, stored_artifact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def url() -> Iterator[str]:
    name = f"memory://bucket-{uuid.uuid4().hex}/sets/one"
    yield name
    open_store(name.rpartition("/sets")[0]).delete_prefix("sets")


@pytest.fixture
def store(url: str) -> ObjectStore:
    return open_store(url)


def keys(store: ObjectStore) -> list[str]:
    return [info.key for info in store.list()]


def test_it_comes_back(url: str, store: ObjectStore, root: Path, source: ObjectStore, tmp_path: Path) -> None:
    plot = stored_artifact(root, "plot", {"a b.png": PNG, "deep/x": b"x"}, metadata={"n": 1})
    made = distiset({"good": numbered(2100), "bad": [{"x": None}]}, artifacts=[plot])
    saved = made.save(url, source=source, shard_bytes=20_000, train_size=None)
    loaded = Distiset.load_from_disk(url)
    assert saved.path == url
    assert list(loaded) == ["good", "bad"]
    assert len(loaded) == 2
    rows = loaded["good"]["train"]
    assert len(rows) == 2100
    assert list(rows) == numbered(2100)
    assert rows.to_arrow().num_rows == 2100
    assert rows.columns == ("id", "text")
    assert len(rows.paths) > 1
    for path in rows.paths:
        assert path.startswith(f"{url}/{saved.generation}/good/train-")
        assert fsspec.open(path).open().read(4) == b"PAR1"
    (artifact,) = loaded.artifacts
    assert (artifact.step, artifact.name, artifact.metadata) == ("count", "plot", {"n": 1})
    assert artifact.read("a b.png") == PNG
    assert artifact.path == f"{url}/{saved.generation}/artifacts/count/plot"
    assert (artifact.download(tmp_path / "here") / "deep/x").read_bytes() == b"x"
    card = yaml.safe_load(loaded.card.split("---\n")[1])
    assert card["configs"][0]["data_files"][0]["path"] == f"{saved.generation}/good/train-*"
    assert f"]({saved.generation}/artifacts/count/plot/a%20b.png)" in loaded.card
    assert "from airflow_artifacts.distiset import load_from_disk" in loaded.card
    assert {key.partition("/")[0] for key in keys(store)} == {"README.md", saved.generation}
    assert f"{saved.generation}/README.md" in keys(store)


def test_a_reader_sees_the_old_one_until_the_switch(
    url: str, store: ObjectStore, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    distiset({"a": numbered(3)}).save(url, source=source)
    old = load_from_disk(url)
    seen = []
    upload = ObjectStore.upload

    def look(self: ObjectStore, path: Path, key: str) -> None:
        upload(self, path, key)
        seen.append(
            (key.rpartition("/")[2], len(list(load_from_disk(url)["a"]["train"])), len(list(old["a"]["train"])))
        )

    monkeypatch.setattr(ObjectStore, "upload", look)
    distiset({"a": numbered(5)}).save(url, source=source)
    assert seen == [(name, 3, 3) for name in ("train-00000-of-00001.parquet", "README.md", "distiset.json")]
    assert len(list(load_from_disk(url)["a"]["train"])) == 5


def test_a_second_save_deletes_the_first_and_nothing_else(
    url: str, store: ObjectStore, source: ObjectStore
) -> None:
    first = distiset({"a": numbered(3), "gone": numbered(3)}).save(url, source=source)
    store.create("LICENSE", b"free")
    store.create("v-mine/x", b"mine")
    card = store.read("README.md").decode().replace("tags:", "license: mit\ntags:") + "\nMine.\n"
    store.replace("README.md", card.encode())
    second = distiset({"a": numbered(4)}).save(url, source=source)
    assert not any(key.startswith(first.generation) for key in keys(store))
    assert store.read("LICENSE") == b"free"
    assert store.read("v-mine/x") == b"mine"
    card = store.read("README.md").decode()
    assert "license: mit" in card
    assert "\nMine.\n" in card
    assert "gone" not in card
    assert first.generation not in card
    assert second.generation in card


def test_an_error_leaves_the_old_one_and_no_rest(
    url: str, store: ObjectStore, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    distiset({"a": numbered(3)}).save(url, source=source)
    before = keys(store)
    with pytest.raises(DistisetError):
        distiset({"a": [{"x": "fine"}] * 2000 + [{"x": "\ud800"}]}).save(url, source=source, shard_bytes=5000)
    assert keys(store) == before
    upload = ObjectStore.upload

    def fail(self: ObjectStore, path: Path, key: str) -> None:
        if key.endswith("distiset.json"):
            raise OSError(5, "the net is down")
        upload(self, path, key)

    monkeypatch.setattr(ObjectStore, "upload", fail)
    with pytest.raises(StorageError, match="the net is down"):
        distiset({"a": numbered(9)}).save(url, source=source)
    assert keys(store) == before


def test_what_a_killed_save_left_is_deleted(url: str, store: ObjectStore, source: ObjectStore) -> None:
    store.create("v-20260101T000000000000Z-0123abcd/a/train-00000-of-00001.parquet", b"half")
    distiset({"a": numbered(3)}).save(url, source=source)
    assert not any(key.startswith("v-20260101") for key in keys(store))


def test_a_save_that_was_overtaken_gives_up(
    url: str, store: ObjectStore, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = ObjectStore.upload

    def overtake(self: ObjectStore, path: Path, key: str) -> None:
        upload(self, path, key)
        if key.endswith("parquet"):
            monkeypatch.setattr(ObjectStore, "upload", upload)
            distiset({"later": numbered(5)}).save(url, source=source)

    monkeypatch.setattr(ObjectStore, "upload", overtake)
    with pytest.raises(DistisetError, match="a save that began later"):
        distiset({"earlier": numbered(3)}).save(url, source=source)
    assert list(load_from_disk(url)) == ["later"]
    assert len(list(load_from_disk(url)["later"]["train"])) == 5


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("data.csv", b"x"),
        ("README.md", b"# Mine"),
        ("README.md", b"---\nconfigs: [1, {data_files: 2}, {data_files: [3]}]\n---\n"),
    ],
)
def test_foreign_objects_are_not_touched(
    url: str, store: ObjectStore, source: ObjectStore, key: str, content: bytes
) -> None:
    store.create(key, content)
    with pytest.raises(ForeignFolderError):
        distiset({"a": numbered(3)}).save(url, source=source)
    assert keys(store) == [key]
    assert store.read(key) == content


def test_a_card_that_is_no_text(url: str, store: ObjectStore, source: ObjectStore) -> None:
    store.create("README.md", b"\xff")
    with pytest.raises(DistisetError, match="is not UTF-8"):
        distiset({"a": numbered(3)}).save(url, source=source)


def test_a_file_system_that_is_given(url: str, source: ObjectStore) -> None:
    memory = fsspec.filesystem("memory")
    for path in (url, url.removeprefix("memory:/")):
        distiset({"a": numbered(3)}).save(path, source=source, filesystem=memory)
        assert list(load_from_disk(path, memory)["a"]["train"]) == numbered(3)


def test_a_folder_copied_to_a_store(url: str, store: ObjectStore, source: ObjectStore, tmp_path: Path) -> None:
    saved = distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source)
    for file in [*(file.path for file in saved.manifest.files), "distiset.json"]:
        store.create(file, (tmp_path / "out" / file).read_bytes())
    assert list(load_from_disk(url)["a"]["train"]) == numbered(3)


def test_nothing_to_load(url: str, tmp_path: Path) -> None:
    for path in (url, str(tmp_path / "none")):
        with pytest.raises(DistisetError, match="There is no distiset at"):
            load_from_disk(path)


@pytest.mark.parametrize("change", [("distiset/3", "distiset/9"), ("a/train", "../train"), ("{", "[")])
def test_a_manifest_that_is_none(tmp_path: Path, source: ObjectStore, change: tuple[str, str]) -> None:
    distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source)
    manifest = tmp_path / "out/distiset.json"
    manifest.write_text(manifest.read_text().replace(*change))
    with pytest.raises(DamagedObjectError, match=r"distiset\.json is damaged"):
        load_from_disk(str(tmp_path / "out"))


def test_reading_artifacts_is_checked(tmp_path: Path, root: Path, source: ObjectStore) -> None:
    plot = stored_artifact(root, "plot", {"a.txt": b"a"})
    distiset({"a": numbered(3)}, artifacts=[plot]).save(str(tmp_path / "out"), source=source)
    (artifact,) = load_from_disk(str(tmp_path / "out")).artifacts
    assert artifact.path == str(tmp_path / "out/artifacts/count/plot")
    assert artifact.read("a.txt") == b"a"
    with pytest.raises(DistisetError, match="has no file"):
        artifact.read("../../../README.md")
    (tmp_path / "out/artifacts/count/plot/a.txt").write_bytes(b"b")
    with pytest.raises(DamagedObjectError):
        artifact.read("a.txt")
    with pytest.raises(DamagedObjectError):
        artifact.download(tmp_path / "here")
    assert not (tmp_path / "here/a.txt").exists()


def test_what_is_exported() -> None:
    import airflow_artifacts.distiset as package

    public: list[Any] = [
        name for name, value in vars(package).items() if isinstance(value, type) or name == "load_from_disk"
    ]
    assert sorted(public) == sorted(package.__all__)
