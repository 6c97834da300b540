"""A distiset on a local disk: what is written, how it is replaced, and what is left alone."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_artifacts.distiset import Distiset, Subset, folders, load_from_disk
from airflow_artifacts.exceptions import (
    DamagedObjectError,
    DistisetError,
    EmptySubsetError,
    ForeignFolderError,
    SchemaError,
    StorageError,
)
from tests.distiset.support import PNG, ListRows, distiset, numbered, step, stored_artifact, tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore

    Load = Callable[..., Any]


def test_one_subset_comes_back_through_datasets(tmp_path: Path, source: ObjectStore, load: Load) -> None:
    rows = numbered(2500)
    saved = distiset({"default": rows}).save(str(tmp_path / "a/b/out"), source=source)
    loaded = load(tmp_path / "a/b/out")
    assert list(loaded) == ["train"]
    assert list(loaded["train"]) == rows
    assert saved.path == str(tmp_path / "a/b/out")
    assert saved.manifest.rows == 2500


def test_several_subsets(tmp_path: Path, source: ObjectStore, load: Load) -> None:
    subsets = {"good": numbered(3), "bad": [{"why": "short"}]}
    distiset(subsets).save(str(tmp_path / "out"), source=source)
    for name, rows in subsets.items():
        assert list(load(tmp_path / "out", name)["train"]) == rows


def test_a_single_row(tmp_path: Path, source: ObjectStore, load: Load) -> None:
    distiset({"one": [{"x": 1}]}).save((tmp_path / "out").as_uri(), source=source)
    assert list(load(tmp_path / "out", "one")["train"]) == [{"x": 1}]


def test_splits(tmp_path: Path, source: ObjectStore, load: Load) -> None:
    rows = numbered(2503)
    for name in ("out", "again"):
        distiset({"default": rows}).save(str(tmp_path / name), source=source, train_size=0.8, shard_bytes=9000)
    loaded = load(tmp_path / "out")
    ids = {split: list(loaded[split]["id"]) for split in ("train", "test")}
    assert len(ids["train"]) == 2002
    assert sorted(ids["train"] + ids["test"]) == list(range(2503))
    assert ids["train"] == sorted(ids["train"])
    assert ids["test"] == sorted(ids["test"])
    assert ids["train"] != list(range(2002))
    assert tree(tmp_path / "out/default") == tree(tmp_path / "again/default")


def test_another_seed_is_another_split(tmp_path: Path, source: ObjectStore) -> None:
    drawn = []
    for seed in (1, 2):
        distiset({"a": numbered(50)}).save(str(tmp_path / "out"), source=source, train_size=0.5, seed=seed)
        drawn.append([row["id"] for row in load_from_disk(str(tmp_path / "out"))["a"]["test"]])
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("train_size", [0, 1, 1.5, -0.1, float("nan"), True, "0.5"])
def test_a_share_that_is_none(tmp_path: Path, source: ObjectStore, train_size: Any) -> None:
    with pytest.raises(DistisetError, match="train_size"):
        distiset({"a": numbered(9)}).save(str(tmp_path / "out"), source=source, train_size=train_size)
    assert not (tmp_path / "out").exists()


def test_a_split_without_rows(tmp_path: Path, source: ObjectStore) -> None:
    with pytest.raises(DistisetError, match="leaves a split without rows"):
        distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source, train_size=0.01)


@pytest.mark.parametrize("shard_bytes", [0, -1, True, 1.5])
def test_a_shard_size_that_is_none(tmp_path: Path, source: ObjectStore, shard_bytes: Any) -> None:
    with pytest.raises(DistisetError, match="shard_bytes"):
        distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source, shard_bytes=shard_bytes)


def test_shards_are_numbered_and_contiguous(tmp_path: Path, source: ObjectStore, load: Load) -> None:
    rows = numbered(4321)
    distiset({"default": rows}).save(str(tmp_path / "out"), source=source, shard_bytes=40_000)
    files = sorted(path.name for path in (tmp_path / "out/default").iterdir())
    assert len(files) == 3
    assert files == [f"train-{n:05d}-of-00003.parquet" for n in range(3)]
    assert list(load(tmp_path / "out")["train"]) == rows
    loaded = load_from_disk(str(tmp_path / "out"))["default"]["train"]
    assert [path.rpartition("/")[2] for path in loaded.paths] == files
    assert [row["id"] for row in loaded] == list(range(4321))


def test_never_more_shards_than_rows(tmp_path: Path, source: ObjectStore) -> None:
    distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source, shard_bytes=1)
    assert len(list((tmp_path / "out/a").iterdir())) == 3


def test_the_same_rows_give_the_same_files_however_they_are_cut(
    tmp_path: Path, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_artifacts.distiset.shards._GROUP_BYTES", 20_000)
    rows = [{**row, "set": {"a", "b", f"{row['id']}"}} for row in numbered(3000)]
    for number, cut in enumerate((None, 7, 1000)):
        made = Distiset("x", [Subset("a", ListRows(rows, cut))])
        made.save(str(tmp_path / f"{number}/out"), source=source, shard_bytes=90_000)
    assert tree(tmp_path / "0/out/a") == tree(tmp_path / "1/out/a") == tree(tmp_path / "2/out/a")


def test_row_groups_are_bounded(
    tmp_path: Path, source: ObjectStore, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import parquet

    monkeypatch.setattr("airflow_artifacts.distiset.shards._GROUP_ROWS", 1000)
    distiset({"a": numbered(3500)}).save(str(tmp_path / "out"), source=source)
    file = parquet.ParquetFile(tmp_path / "out/a/train-00000-of-00001.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [1000, 1000, 1000, 500]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.metadata.row_group(0).column(0).has_offset_index
    assert len(load(tmp_path / "out", "a")["train"]) == 3500


def test_wide_rows_are_taken_a_few_at_a_time(
    tmp_path: Path, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_artifacts.distiset.survey.BATCH_BYTES", 40_000)
    asked = []

    class Rows(ListRows):
        def batches(self, size: int) -> Any:
            asked.append(size)
            return super().batches(size)

    rows = [{"n": number, "t": "x" * (2000 if number < 300 else 8000)} for number in range(400)]
    Distiset("x", [Subset("a", Rows(rows))]).save(str(tmp_path / "out"), source=source)
    assert asked == [10, 20, 4]  # a few, then by what they weigh, then by the heaviest batch
    assert list(load_from_disk(str(tmp_path / "out"))["a"]["train"]) == rows


def test_progress(tmp_path: Path, source: ObjectStore) -> None:
    calls: list[tuple[str, str, int, int]] = []
    made = distiset({"a": numbered(2500)})
    made.save(str(tmp_path / "out"), source=source, on_progress=lambda *call: calls.append(call))
    assert calls == [(stage, "a", done, 2500) for stage in ("schema", "shards") for done in (1000, 2000, 2500)]


def test_the_manifest_lists_every_file(tmp_path: Path, root: Path, source: ObjectStore) -> None:
    import hashlib

    plot = stored_artifact(root, "plot", {"a b.png": PNG}, metadata={"n": 1})
    made = distiset({"a": numbered(3)}, artifacts=[plot], steps=[step("count", rows=3)])
    made.save(str(tmp_path / "out"), source=source)
    content = json.loads((tmp_path / "out/distiset.json").read_bytes())
    files = tree(tmp_path / "out")
    files.pop("distiset.json")
    assert {file["path"]: (file["size"], file["sha256"]) for file in content["files"]} == {
        path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()
    }
    assert content["format"] == "airflow-artifacts/distiset/3"
    assert content["subsets"][0]["parts"][0]["rows"] == 3
    assert content["steps"][0]["parameters"] == {"limit": 3}
    assert content["origin"]["run_id"] == "manual__2026-01-01"


def test_a_second_save_leaves_nothing_of_the_first(
    tmp_path: Path, root: Path, source: ObjectStore, load: Load
) -> None:
    out = tmp_path / "out"
    artifact = stored_artifact(root, "plot", {"a.png": PNG})
    distiset({"default": numbered(900), "gone": numbered(2)}, artifacts=[artifact]).save(
        str(out), source=source, shard_bytes=5000
    )
    assert len(list((out / "default").iterdir())) > 2
    distiset({"default": numbered(5)}).save(str(out), source=source)
    assert sorted(tree(out)) == ["README.md", "default/train-00000-of-00001.parquet", "distiset.json"]
    assert len(load(out)["train"]) == 5
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_two_renames_where_folders_cannot_be_exchanged(
    tmp_path: Path, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_exchange", lambda *_: False)
    for count in (3, 4):
        distiset({"a": numbered(count)}).save(str(tmp_path / "out"), source=source)
    assert len(load_from_disk(str(tmp_path / "out"))["a"]["train"]) == 4
    assert {path.name for path in tmp_path.iterdir()} == {"out", "store"}


def test_a_rename_that_fails_puts_the_old_folder_back(
    tmp_path: Path, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path as AnyPath

    distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source)
    rename = AnyPath.rename

    def fail(path: Path, target: Path) -> Path:
        if ".tmp-" in path.name:
            raise PermissionError(13, "no")
        return rename(path, target)

    monkeypatch.setattr(folders, "_exchange", lambda *_: False)
    monkeypatch.setattr(AnyPath, "rename", fail)
    with pytest.raises(StorageError, match="Could not save the distiset"):
        distiset({"a": numbered(4)}).save(str(tmp_path / "out"), source=source)
    assert len(load_from_disk(str(tmp_path / "out"))["a"]["train"]) == 3


@pytest.mark.parametrize("number", [22, 38])
def test_a_file_system_that_knows_no_exchange(
    tmp_path: Path, source: ObjectStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Libc:
        @staticmethod
        def renameat2(*_: Any) -> int:
            return -1

    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: Libc)
    monkeypatch.setattr("ctypes.get_errno", lambda: number)
    for count in (3, 4):
        distiset({"a": numbered(count)}).save(str(tmp_path / "out"), source=source)
    assert len(load_from_disk(str(tmp_path / "out"))["a"]["train"]) == 4
    monkeypatch.setattr("ctypes.get_errno", lambda: 16)
    with pytest.raises(StorageError, match="Device or resource busy"):
        distiset({"a": numbered(5)}).save(str(tmp_path / "out"), source=source)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    distiset({"a": numbered(6)}).save(str(tmp_path / "out"), source=source)
    assert len(load_from_disk(str(tmp_path / "out"))["a"]["train"]) == 6


def test_files_of_somebody_else_are_carried_over(tmp_path: Path, source: ObjectStore) -> None:
    out = tmp_path / "out"
    distiset({"a": numbered(3)}).save(str(out), source=source)
    (out / "notes/deep").mkdir(parents=True)
    (out / "notes/deep/x.txt").write_text("mine")
    (out / "LICENSE").write_text("free")
    (out / "link").symlink_to("notes")
    out.chmod(0o750)
    distiset({"b": numbered(3)}).save(str(out), source=source)
    assert (out / "notes/deep/x.txt").read_text() == "mine"
    assert (out / "LICENSE").read_text() == "free"
    assert os.readlink(out / "link") == "notes"  # noqa: PTH115
    assert not (out / "a").exists()
    assert out.stat().st_mode & 0o777 == 0o750


def test_copies_where_links_do_not_work(
    tmp_path: Path, source: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    distiset({"a": numbered(3)}).save(str(out), source=source)
    (out / "LICENSE").write_text("free")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr("airflow_artifacts.distiset.foreign.os.link", refuse)
    distiset({"b": numbered(3)}).save(str(out), source=source)
    assert (out / "LICENSE").read_text() == "free"


@pytest.mark.parametrize("path", ["b/train-00000-of-00001.parquet", "b"])
def test_a_file_of_somebody_else_is_never_overwritten(tmp_path: Path, source: ObjectStore, path: str) -> None:
    out = tmp_path / "out"
    distiset({"a": numbered(3)}).save(str(out), source=source)
    (out / path).parent.mkdir(exist_ok=True)
    (out / path).write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(DistisetError, match="was not saved by this package"):
        distiset({"b": numbered(3)}).save(str(out), source=source)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["file.txt", "README.md", "distiset.json"])
def test_a_foreign_folder_is_not_touched(tmp_path: Path, source: ObjectStore, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("{}")
    with pytest.raises(ForeignFolderError):
        distiset({"a": numbered(3)}).save(str(out), source=source)
    assert tree(tmp_path) == {f"out/{name}": b"{}"}


def test_a_foreign_file_is_not_touched(tmp_path: Path, source: ObjectStore) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ForeignFolderError):
        distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source)
    assert (tmp_path / "out").read_text() == "mine"


def test_an_empty_folder_is_filled(tmp_path: Path, source: ObjectStore) -> None:
    (tmp_path / "out").mkdir()
    distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source)
    assert len(load_from_disk(str(tmp_path / "out"))["a"]["train"]) == 3


def test_a_link_is_written_through(tmp_path: Path, source: ObjectStore) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for count in (3, 4):
        distiset({"a": numbered(count)}).save(str(tmp_path / "link"), source=source)
    assert (tmp_path / "link").is_symlink()
    assert len(load_from_disk(str(tmp_path / "real"))["a"]["train"]) == 4


@pytest.mark.parametrize("path", ["", "/"])
def test_a_path_that_is_none(source: ObjectStore, path: str) -> None:
    with pytest.raises((DistisetError, ForeignFolderError)):
        distiset({"a": numbered(3)}).save(path, source=source)


def test_an_empty_subset_leaves_the_old_distiset(tmp_path: Path, source: ObjectStore) -> None:
    distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source)
    before = tree(tmp_path)
    with pytest.raises(EmptySubsetError, match="'b'"):
        distiset({"a": numbered(9), "b": []}).save(str(tmp_path / "out"), source=source)
    assert tree(tmp_path) == before


def test_an_error_in_the_rows_leaves_the_old_distiset(tmp_path: Path, source: ObjectStore) -> None:
    distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source)
    before = tree(tmp_path)
    for bad in ([{"x": 1}, {"x": "1"}], [{"x": "fine"}, {"x": "\ud800"}]):
        with pytest.raises(DistisetError, match=r"row 1\b"):
            distiset({"a": bad}).save(str(tmp_path / "out"), source=source)
    assert tree(tmp_path) == before


def test_rows_that_change_between_the_passes(tmp_path: Path, source: ObjectStore) -> None:
    class Changing(ListRows):
        reads = 0
        sign = 1

        def batches(self, size: int) -> Any:
            self.reads += 1
            return iter([[{"x": 1}] * (3 + self.reads * self.sign)])

    for sign in (1, -1):
        rows = Changing([{"x": 1}])
        rows.sign = sign
        with pytest.raises(DistisetError, match="another number now"):
            Distiset("x", [Subset("a", rows)]).save(str(tmp_path / "out"), source=source)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["a", "a"],
        ["artifacts"],
        ["README.md"],
        ["distiset.json"],
        [""],
        ["a/b"],
        [".a"],
        ["a\n"],
        ["a."],
        ["x" * 201],
    ],
)
def test_names_that_cannot_be(tmp_path: Path, source: ObjectStore, names: list[str]) -> None:
    made = Distiset("x", [Subset(name, ListRows(numbered(2))) for name in names])
    with pytest.raises(DistisetError, match="subset"):
        made.save(str(tmp_path / "out"), source=source)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("rows", [[{}, {}], ["text"]])
def test_rows_that_are_none(tmp_path: Path, source: ObjectStore, rows: list[Any]) -> None:
    with pytest.raises(DistisetError, match=r"Subset 'a' has 2 rows, but none|Row 0 of subset 'a' is a str"):
        distiset({"a": rows}).save(str(tmp_path / "out"), source=source)


def test_a_damaged_artifact_stops_the_save(tmp_path: Path, root: Path, source: ObjectStore) -> None:
    distiset({"a": numbered(3)}).save(str(tmp_path / "out"), source=source)
    before = tree(tmp_path / "out")
    for number, damage in enumerate((b"content!", b"CONTENT")):
        artifact = stored_artifact(root, "index", {"x.bin": b"content"}, ordinal=number)
        (root / artifact.record.path / "x.bin").write_bytes(damage)
        with pytest.raises(DamagedObjectError, match="bytes, not 7" if number == 0 else "SHA-256"):
            distiset({"a": numbered(9)}, artifacts=[artifact]).save(str(tmp_path / "out"), source=source)
    assert tree(tmp_path / "out") == before


def test_artifacts_lie_beside_the_data(tmp_path: Path, root: Path, source: ObjectStore, load: Load) -> None:
    artifacts = [
        stored_artifact(root, "plots/length", {"a.png": PNG, "sub/b.txt": b"b"}, metadata={"k": "ü", "n": [1]}),
        stored_artifact(root, "plot", {"a.png": b"0"}, folder="count-3"),
        stored_artifact(root, "plot", {"a.png": b"1"}, folder="count-3", ordinal=1),
        stored_artifact(root, "Plot", {}, folder="count-3", ordinal=2),
        stored_artifact(root, "plot/deep", {"a.png": b"2"}, folder="count-3"),
    ]
    distiset({"default": numbered(3)}, artifacts=artifacts).save(str(tmp_path / "out"), source=source)
    found = tree(tmp_path / "out/artifacts")
    assert found["count/plots/length/metadata.json"] == '{"k":"ü","n":[1]}'.encode()
    assert found["count/plots/length/a.png"] == PNG
    assert found["count/plots/length/sub/b.txt"] == b"b"
    assert found["count-3/plot/a.png"] == b"0"
    assert found["count-3/plot-2/a.png"] == b"1"
    assert found["count-3/Plot-3/metadata.json"] == b"{}"
    assert found["count-3/plot-4/deep/a.png"] == b"2"
    assert len(load(tmp_path / "out")["train"]) == 3


def test_artifacts_that_lead_elsewhere(tmp_path: Path, root: Path, source: ObjectStore) -> None:
    from dataclasses import replace

    from airflow_artifacts.artifacts import FileRecord
    from airflow_artifacts.exceptions import UnsafeNameError

    fine = stored_artifact(root, "plot", {"a.png": PNG})
    (file,) = fine.record.files or ()
    twice = replace(fine.record, files=(file, file))
    metadata = replace(fine.record, files=(FileRecord("metadata.json", 2, "0"),))
    climbing = replace(fine.record, files=(FileRecord("../a.png", 2, "0"),))
    for artifact in (
        replace(fine, folder=".."),
        replace(fine, folder="a/b"),
        replace(fine, record=replace(fine.record, name="../x")),
        replace(fine, record=twice),
        replace(fine, record=metadata),
        replace(fine, record=climbing),
    ):
        with pytest.raises((DistisetError, UnsafeNameError)):
            distiset({"a": numbered(3)}, artifacts=[artifact]).save(str(tmp_path / "out"), source=source)
    assert not (tmp_path / "out").exists()


def test_what_a_person_wrote_in_the_card_stays(tmp_path: Path, source: ObjectStore, load: Load) -> None:
    import pyarrow as pa
    from pyarrow import parquet as pq

    out = tmp_path / "out"
    distiset({"default": numbered(3), "gone": numbered(1)}).save(str(out), source=source)
    card = (out / "README.md").read_text()
    card = card.replace("tags:\n", "license: mit\nlanguage:\n- en\ntags:\n- mine\n")
    card = card.replace("configs:\n", "configs:\n- config_name: own\n  data_files: own.parquet\n")
    card = card.replace(
        "<!-- airflow-artifacts:begin steps -->", "Between.\n\n<!-- airflow-artifacts:begin steps -->"
    )
    card = re.sub(r"<!-- airflow-artifacts:begin artifacts -->.*?end artifacts -->\n", "", card, flags=re.DOTALL)
    (out / "README.md").write_text(card + "\n## At the end\n\nMine.\n")
    pq.write_table(pa.table({"x": [1]}), out / "own.parquet")
    distiset({"default": numbered(1234)}).save(str(out), source=source)
    card = (out / "README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["license"] == "mit"
    assert front["language"] == ["en"]
    assert front["tags"] == ["mine", "airflow", "airflow-artifacts", "distiset"]
    assert front["size_categories"] == ["1K<n<10K"]
    assert [config["config_name"] for config in front["configs"]] == ["default", "own"]
    assert front["dataset_info"]["splits"][0]["num_examples"] == 1234
    assert "1,234 rows" in card
    assert "3 rows" not in card
    positions = [
        card.index(text) for text in ("Between.", "begin steps", "## At the end", "Mine.", "begin artifacts")
    ]
    assert positions == sorted(positions)
    assert card.count("begin summary") == 1
    assert len(load(out)["train"]) == 1234
    assert list(load(out, "own")["train"]) == [{"x": 1}]


def test_a_card_without_yaml_and_fences_stays_as_text(tmp_path: Path, source: ObjectStore) -> None:
    out = tmp_path / "out"
    distiset({"a": numbered(3)}).save(str(out), source=source)
    (out / "README.md").write_text("Only mine.")
    distiset({"a": numbered(4)}).save(str(out), source=source)
    assert "\nOnly mine.\n\n<!-- airflow-artifacts:begin summary" in (out / "README.md").read_text()
    (out / "README.md").unlink()
    distiset({"a": numbered(5)}).save(str(out), source=source)
    assert "Only mine" not in (out / "README.md").read_text()


@pytest.mark.parametrize("card", [b"---\na: [\n---\n", b"---\n- a\n---\n", b"\xff\xfe"])
def test_a_card_that_cannot_be_read_is_not_replaced(tmp_path: Path, source: ObjectStore, card: bytes) -> None:
    out = tmp_path / "out"
    distiset({"a": numbered(3)}).save(str(out), source=source)
    (out / "README.md").write_bytes(card)
    before = tree(tmp_path)
    with pytest.raises(DistisetError, match="README"):
        distiset({"a": numbered(4)}).save(str(out), source=source)
    assert tree(tmp_path) == before


def test_schema_errors_name_rows(tmp_path: Path, source: ObjectStore) -> None:
    rows = [*numbered(1500), {"id": "x"}]
    with pytest.raises(
        SchemaError, match=r"Column 'id' of subset 'a' holds int \(first in row 0\) and text \(first in row 1500\)"
    ):
        distiset({"a": rows}).save(str(tmp_path / "out"), source=source)
