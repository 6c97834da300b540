"""Moving house: copy what is below the root to another one, change the setting, and all is there."""

from __future__ import annotations

import json
import shutil
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts import ArtifactClient
from airflow_artifacts.artifacts import StoreArtifactSink, register
from airflow_artifacts.artifacts.verifying import verify
from airflow_artifacts.distiset import GatheredArtifact
from airflow_artifacts.distiset.references import find_references, note_location
from airflow_artifacts.pruning import PruneRule, Pruning
from airflow_artifacts.rows import RowsWriter, read_rows
from airflow_artifacts.storage import Producer
from tests.artifacts.support import save_value
from tests.distiset.support import distiset, numbered
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["s3_environment", "s3_root", "s3_server"]

PRODUCER = Producer("dag", "manual__2026-01-01T00:00:00+00:00", "group.task", 3, 2, "attempt")
ROWS = [{"n": number, "text": "x" * number} for number in range(50)]
VARIABLE = "AIRFLOW__AIRFLOW_ARTIFACTS__ROOT"


class House:
    """Everything that can be kept below a root, and the refs of it that Airflow keeps elsewhere."""

    def __init__(self, client: ArtifactClient, data_set: Path) -> None:
        repository = client.repository
        store = repository.store
        self.many = [client.save_artifact("many", number, tags=["t"]) for number in range(17)]
        self.folder = client.save_artifact("deep/a", self._write, {"k": "v"}, version="best")
        client.log_metadata({"later": 1}, "many@2")
        client.delete_artifact_version("many", 3)
        self.of_task = save_value(repository, "of-task", {"x": 1}, PRODUCER, parents=(("many", 1),)).to_ref()
        with RowsWriter(store, PRODUCER.prefix, part_bytes=300) as writer:
            writer.write(ROWS)
            self.rows = writer.commit(producer={}, step={}).to_xcom()
        with StoreArtifactSink(store, PRODUCER, "step") as sink:
            folder = sink.prepare("plot", {})
            (folder / "plot.svg").write_text("<svg/>")
            sink.save("plot", folder, {})
            sink.commit()
            (version,) = register(repository, sink.records)
        self.plot = version.to_ref()
        gathered = GatheredArtifact("step", repository.registry("many").record(1), 1)
        distiset({"a": numbered(3)}, artifacts=[gathered]).save(str(data_set), source=store)
        note_location(store, str(data_set))

    @staticmethod
    def _write(folder: Path) -> None:
        (folder / "sub").mkdir()
        (folder / "sub" / "\u00e4 1.txt").write_text("text")
        (folder / "large.bin").write_bytes(bytes(range(256)) * 20_000)  # 5 MB

    def check(self, client: ArtifactClient, folder: Path) -> None:
        """See that nothing is missing below the root that is configured now, and that all of it works."""
        assert [version.name for version in client.list_artifacts()] == ["deep/a", "many", "of-task", "plot"]
        numbers = [version.version for version in client.list_artifact_versions("many")]
        assert numbers == [number for number in range(1, 18) if number != 3]
        assert [client.load_artifact(self.many[number]) for number in (0, 1, 16)] == [0, 1, 16]
        assert client.get_artifact_version("many", 2).metadata["later"] == 1
        path = client.download_artifacts(self.folder, folder)
        assert (path / "sub" / "\u00e4 1.txt").read_text() == "text"
        assert (path / "large.bin").stat().st_size == 256 * 20_000
        assert client.get_artifact_version("deep/a", "best").metadata["k"] == "v"
        assert client.load_artifact(self.of_task) == {"x": 1}
        made = client.list_artifacts(f"run://dag/{PRODUCER.run_id}/group.task")
        assert [version.name for version in made] == ["of-task", "plot"]
        assert (client.load_artifact(self.plot) / "plot.svg").read_text() == "<svg/>"
        assert list(read_rows(self.rows)) == ROWS
        assert read_rows([self.rows, self.rows]).columns == {"n": 100, "text": 100}
        assert find_references(client.repository.store, lambda _: None) == {("many", 1)}
        report = verify(client.repository)
        assert (report.findings, report.versions) == ((), 19)
        pruning = Pruning(client.repository, PruneRule(keep=1), lambda _: None, "many")
        assert [each.version.version for each in pruning.delete()] == [2, *range(4, 17)]
        assert [version.version for version in client.list_artifact_versions("many")] == [1, 17]
        assert client.save_artifact("many", "next")["version"] == 18


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ArtifactClient]]:
    """Changes the setting, and opens what is there."""

    def change(root: str) -> ArtifactClient:
        monkeypatch.setenv(VARIABLE, root)
        return ArtifactClient()

    yield change  # noqa: PT022 - the setting is restored when the test is over


def test_to_another_folder(tmp_path: Path, move: Callable[[str], ArtifactClient]) -> None:
    house = House(move(str(tmp_path / "old")), tmp_path / "data")
    shutil.copytree(tmp_path / "old", tmp_path / "new" / "deeper")
    shutil.rmtree(tmp_path / "old")
    house.check(move(str(tmp_path / "new" / "deeper")), tmp_path / "down")
    assert not (tmp_path / "old").exists()


def test_from_a_disk_to_s3(
    tmp_path: Path, s3_root: str, s3_server: str, move: Callable[[str], ArtifactClient]
) -> None:
    import boto3

    old = tmp_path / "old"
    house = House(move(old.as_uri()), tmp_path / "data")
    bucket, _, prefix = s3_root.removeprefix("s3://").partition("/")
    api = boto3.client("s3", endpoint_url=s3_server)
    for path in old.rglob("*"):
        if path.is_file():
            api.upload_file(str(path), bucket, f"{prefix}/{path.relative_to(old).as_posix()}")
    shutil.rmtree(old)
    house.check(move(s3_root), tmp_path / "down")
    assert not old.exists()


def test_to_another_bucket(
    tmp_path: Path, s3_root: str, s3_server: str, move: Callable[[str], ArtifactClient]
) -> None:
    import boto3

    house = House(move(s3_root), tmp_path / "data")
    bucket, _, prefix = s3_root.removeprefix("s3://").partition("/")
    api, other = boto3.client("s3", endpoint_url=s3_server), f"bucket-{uuid.uuid4().hex}"
    api.create_bucket(Bucket=other)
    for page in api.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", []):
            key = each["Key"]
            api.copy({"Bucket": bucket, "Key": key}, other, f"moved{key.removeprefix(prefix)}")
            api.delete_object(Bucket=bucket, Key=key)
    house.check(move(f"s3://{other}/moved"), tmp_path / "down")
    assert "Contents" not in api.list_objects_v2(Bucket=bucket)


def test_a_copy_that_was_made_twice_while_tasks_saved(
    tmp_path: Path, move: Callable[[str], ArtifactClient]
) -> None:
    """The second copy brings what the first one had not seen, over what may be behind in it."""
    client = move(str(tmp_path / "old"))
    for number in range(15):
        client.save_artifact("a", number)
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    for number in range(15, 33):
        client.save_artifact("a", number)
    shutil.copytree(tmp_path / "old", tmp_path / "new", dirs_exist_ok=True)
    moved = move(str(tmp_path / "new"))
    assert [moved.load_artifact(version) for version in moved.list_artifact_versions("a")] == list(range(33))
    assert verify(moved.repository).findings == ()


def test_a_copy_without_what_saves_requests(tmp_path: Path, move: Callable[[str], ArtifactClient]) -> None:
    """Numbers and copies of records that lag behind, or are missing, are done without."""
    client = move(str(tmp_path / "root"))
    for number in range(20):
        client.save_artifact("a", number)
    (tmp_path / "root/registry/a/last").write_text("3")
    shutil.rmtree(tmp_path / "root/registry/a/blocks")
    moved = move(str(tmp_path / "root"))
    assert len(moved.list_artifact_versions("a")) == 20
    assert moved.save_artifact("a", 20)["version"] == 21
    assert verify(moved.repository).findings == ()


def test_nothing_says_where_the_root_is(tmp_path: Path, move: Callable[[str], ArtifactClient]) -> None:
    house = House(move(str(tmp_path / "a-root-of-its-own")), tmp_path / "data")
    refs: list[Any] = [*house.many, house.folder, house.of_task, house.plot, house.rows]
    assert "a-root-of-its-own" not in json.dumps(refs)
    kept = [path for path in (tmp_path / "a-root-of-its-own").rglob("*") if path.is_file()]
    assert len(kept) > 40
    assert [path for path in kept if b"a-root-of-its-own" in path.read_bytes()] == []
    assert [
        path for path in (tmp_path / "data").rglob("*") if path.is_file() and b"a-root-of" in path.read_bytes()
    ] == []
