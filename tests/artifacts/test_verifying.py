"""Whatever is changed in a store is found, all of it, and nothing else is."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts import ArtifactClient
from airflow_artifacts.artifacts import ArtifactRepository
from airflow_artifacts.artifacts import verifying as module
from airflow_artifacts.artifacts.verifying import Finding, Progress, Report, verify
from airflow_artifacts.exceptions import ArtifactNotFoundError, DamagedObjectError
from airflow_artifacts.storage import Producer, open_store
from tests.artifacts.support import new_store, save_value
from tests.cli.support import add
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["s3_environment", "s3_root", "s3_server"]

FILES = {"a.txt": b"a" * 100, "deep/b.bin": b"b" * 200}


@pytest.fixture(params=["local", "memory", "s3"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactRepository:
    if request.param == "s3":
        return ArtifactRepository(open_store(request.getfixturevalue("s3_root")))
    return ArtifactRepository(new_store(request.param, tmp_path))


@pytest.fixture
def local(tmp_path: Path) -> ArtifactRepository:
    return ArtifactRepository(new_store("local", tmp_path))


def shown(findings: tuple[Finding, ...]) -> list[tuple[str, str | None, int | None, str]]:
    return [(each.problem, each.name, each.version, each.key) for each in findings]


def found(repository: ArtifactRepository, name: str = "") -> list[tuple[str, str | None, int | None, str]]:
    return shown(verify(repository, name).findings)


def test_nothing_is_kept(local: ArtifactRepository) -> None:
    report = verify(local)
    assert (report.findings, report.versions, report.files, report.size, report.is_well) == ((), 0, 0, 0, True)
    with pytest.raises(ArtifactNotFoundError, match="begins with 'a'"):
        verify(local, "a")


def test_all_is_well(repository: ArtifactRepository) -> None:
    for number in range(20):  # more than a block of copies has
        add(repository, "a", files=FILES, label=f"v{number}")
    add(repository, "b/c")
    save_value(repository, "t", {"x": 1}, Producer("d", "r 1", "t"))
    repository.delete("a", [3])
    before = repository.store.list()
    report = verify(repository)
    assert (report.findings, report.versions, report.files) == ((), 21, 40)
    assert report.size == 19 * 300 + 7 + repository.get("t").size
    assert repository.store.list() == before


def test_each_kind_of_damage(repository: ArtifactRepository) -> None:
    store = repository.store
    versions = {
        name: add(repository, name, files=FILES) for name in ("gone", "cut", "rotten", "more", "all", "fine")
    }
    store.delete(f"{versions['gone'].path}/a.txt")
    store.replace(f"{versions['cut'].path}/a.txt", b"a" * 99)
    store.replace(f"{versions['rotten'].path}/deep/b.bin", b"b" * 199 + b"c")
    store.replace(f"{versions['more'].path}/deep/c", b"c")
    store.delete_prefix(versions["all"].path)
    report = verify(repository)
    assert shown(report.findings) == [
        ("missing", "all", 1, f"{versions['all'].path}/a.txt"),
        ("missing", "all", 1, f"{versions['all'].path}/deep/b.bin"),
        ("damaged", "cut", 1, f"{versions['cut'].path}/a.txt"),
        ("missing", "gone", 1, f"{versions['gone'].path}/a.txt"),
        ("extra", "more", 1, f"{versions['more'].path}/deep/c"),
        ("damaged", "rotten", 1, f"{versions['rotten'].path}/deep/b.bin"),
    ]
    details = {each.name: each.detail for each in report.findings}
    assert details["cut"] == "it has 99 bytes, not 100."
    assert details["rotten"] == "its SHA-256 is not the recorded one."
    assert not report.is_well
    assert (report.versions, report.files) == (6, 12)
    assert found(repository, "fine") == []
    assert [each[1] for each in found(repository, "r")] == ["rotten"]
    add(repository, "go")  # now it is a name, and not a beginning
    assert found(repository, "go") == []


def test_a_large_file(repository: ArtifactRepository) -> None:
    data = bytes(range(256)) * (20 * 4096)  # 20 MiB
    version = add(repository, "a", files={"x": data})
    seen: list[Progress] = []
    report = verify(repository, "a", seen.append)
    assert (report.findings, report.size) == ((), len(data))
    assert len(seen) > 2, "progress within a file"
    assert seen[-1] == (1, len(data), 1, len(data))
    assert [each.size for each in seen] == sorted(each.size for each in seen)
    repository.store.replace(f"{version.path}/x", data[:-1] + b"?")
    assert [each[0] for each in found(repository)] == ["damaged"]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: b"{",
        lambda record: b"[]",
        lambda record: b"\xff",
        lambda record: json.dumps({**record, "path": "saved/../../etc"}).encode(),
        lambda record: json.dumps({**record, "path": "saved/other-0000000000000001"}).encode(),
        lambda record: json.dumps({**record, "name": "other"}).encode(),
        lambda record: json.dumps({**record, "size": 5}).encode(),
        lambda record: json.dumps({**record, "files": [{**record["files"][0], "path": "../x"}]}).encode(),
        lambda record: json.dumps({**record, "files": [{**record["files"][0], "size": -1}]}).encode(),
        lambda record: json.dumps({**record, "format": "airflow-artifacts/version/9"}).encode(),
    ],
)
def test_a_damaged_record_does_not_stop_the_rest(
    local: ArtifactRepository, change: Callable[[dict[str, Any]], bytes]
) -> None:
    for _ in range(3):
        add(local, "a")
    add(local, "b")
    local.store.delete(f"{local.get('a', 3).path}/a.txt")
    local.store.delete(f"{local.get('b').path}/a.txt")
    record = json.loads(local.store.read("registry/a/2"))
    local.store.replace("registry/a/2", change(record))
    assert found(local) == [
        ("damaged", "a", 2, "registry/a/2"),
        ("missing", "a", 3, "saved/a-0000000000000003/a.txt"),
        ("missing", "b", 1, "saved/b-0000000000000001/a.txt"),
    ], "and the folder of version 2 is not called nobody's"


def test_records_that_are_gone(local: ArtifactRepository) -> None:
    for _ in range(7):
        add(local, "a")
    for number in (2, 4, 5, 6):
        local.store.delete(f"registry/a/{number}")
    report = verify(local)
    assert shown(report.findings) == [("missing", "a", 2, "registry/a/2"), ("missing", "a", 4, "registry/a/4")]
    assert "of version 2." in report.findings[0].detail
    assert "of version 4 to 6." in report.findings[1].detail


def test_a_number_that_was_planted_takes_no_time(local: ArtifactRepository) -> None:
    add(local, "a")
    local.store.create("registry/a/999999999", local.store.read("registry/a/1"))
    begin = time.monotonic()
    assert ("missing", "a", 2, "registry/a/2") in found(local)
    assert time.monotonic() - begin < 5


def test_copies_of_records(local: ArtifactRepository) -> None:
    for _ in range(20):
        add(local, "a")
    key = "registry/a/blocks/1-16"
    good = local.store.read(key)
    changed = [good.replace(b"folder", b"image", 1), b"x" + good[1:], good.replace(b"saved/", b"../../", 1)]
    for bad in changed:
        local.store.replace(key, bad)
        assert found(local) == [("damaged", "a", None, "registry/a/blocks")]
    local.store.delete_prefix("registry/a/blocks")  # as the finding says
    assert found(local) == []
    assert len(local.versions("a")) == 20


def test_what_is_known_of_deletions_is_damaged(local: ArtifactRepository) -> None:
    for _ in range(3):
        add(local, "a")
    local.delete("a", [1])
    local.store.replace("registry/a/changes/1", b"?")
    local.store.replace("saved/a-0000000000000002/a.txt", b"CONTENT")
    assert found(local) == [
        ("damaged", "a", None, "registry/a/changes"),
        ("damaged", "a", 2, "saved/a-0000000000000002/a.txt"),
    ], "nothing is said of version 1, which may have been deleted"


def test_folders_in_the_registry_that_are_nobodys(local: ArtifactRepository) -> None:
    name = "long/" * 30 + "name"
    add(local, "a")
    save_value(local, name)
    assert found(local) == []
    (folder,) = [each for each in local.store.folders("registry") if each != "a"]
    local.store.replace(f"registry/{folder}/name", b"other")
    local.store.create("registry/no name/1", b"{}")
    problems = {each.key: each.problem for each in verify(local).findings}
    assert problems[f"registry/{folder}"] == problems["registry/no name"] == "damaged"


def test_what_no_record_leads_to(repository: ArtifactRepository) -> None:
    began = datetime.now(timezone.utc)
    attempt = uuid.UUID(int=int(began.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | 12345)
    old, store = "runs/d/r/t/-1/001-x/artifacts/a-0123456789abcdef", repository.store
    fresh = f"runs/d/r/t/-1/002-{attempt}/artifacts/b~2Fc-0123456789abcdef"
    add(repository, "a")
    save_value(repository, "b", producer=Producer("d", "r", "t"))
    for folder in (old, fresh, "saved/z-0123456789abcdef"):
        store.replace(f"{folder}/x", b"12")
        store.replace(f"{folder}/y/z", b"345")
    store.replace("runs/d/r/t/-1/001-x/rows/0.rows", b"these are rows")
    store.replace("runs/d/r/t/-1/001-x/manifest.json", b"{}")
    report = verify(repository)
    assert shown(report.findings) == [
        ("orphaned", None, None, old),
        ("orphaned", None, None, fresh),
        ("orphaned", None, None, "saved/z-0123456789abcdef"),
    ]
    assert report.is_well
    assert report.findings[0].since is None
    since = report.findings[1].since
    assert since is not None
    assert abs((since - began).total_seconds()) < 1
    assert "2 files, 5 bytes" in report.findings[1].detail
    assert found(repository, "a") == []


def test_what_is_saved_and_deleted_meanwhile_is_no_finding(local: ArtifactRepository) -> None:
    """Writers and pruners go on while everything is verified again and again."""
    is_over, failures = threading.Event(), []

    def work(name: str) -> None:
        try:
            while not is_over.is_set():
                version = save_value(local, name, {"x": name})
                local.delete(name, [version.version])
                save_value(local, name, {"x": 1})
        except Exception as error:  # noqa: BLE001 - the test shows it
            failures.append(error)

    writers = [threading.Thread(target=work, args=(name,)) for name in ("a", "a", "b")]
    for writer in writers:
        writer.start()
    reports: list[Report] = []
    deadline = time.monotonic() + 30
    while len(reports) < 8 or (sum(report.files for report in reports) < 200 and time.monotonic() < deadline):
        reports.append(verify(local))
    is_over.set()
    for writer in writers:
        writer.join()
    assert failures == []
    assert [each for report in reports for each in report.findings if not each.is_harmless] == []
    assert sum(report.files for report in reports) >= 200
    assert found(local) == []


def test_an_object_that_cannot_be_read(local: ArtifactRepository, tmp_path: Path) -> None:
    version = add(local, "a", files=FILES)
    path = tmp_path / "root" / version.path / "a.txt"
    path.unlink()
    path.symlink_to("/proc/self/mem")  # it can be opened, and not be read
    findings = verify(local).findings
    assert [(each.name, each.key) for each in findings] == [("a", f"{version.path}/a.txt")]
    assert findings[0].problem in {"unreadable", "missing", "damaged"}


def test_few_files_are_on_their_way_at_once(local: ArtifactRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not begun yet is not held in memory: versions are read as their turn comes."""
    for number in range(100):
        add(local, f"a{number}")
    ahead: list[int] = []
    begun: list[object] = []
    read, prepare = module._Reading._read, module._Reading._prepare

    def slow(self: Any, job: Any) -> Any:
        ahead.append(len(begun) - len(ahead))
        return read(self, job)

    def counted(self: Any, item: Any) -> Any:
        begun.append(item)
        return prepare(self, item)

    monkeypatch.setattr(module._Reading, "_read", slow)
    monkeypatch.setattr(module._Reading, "_prepare", counted)
    assert verify(local).files == 100
    assert max(ahead) < 60


def test_files_that_are_kept_elsewhere(local: ArtifactRepository, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "a.txt").write_text("a")
    (source / "deep" / "large").write_bytes(b"x" * 5_000_000)
    (tmp_path / "one.txt").write_text("one")
    client = ArtifactClient(tmp_path / "root")
    client.register_artifact(source, "folder", copy=False)
    client.register_artifact(tmp_path / "one.txt", "file", copy=False)
    client.register_artifact(source, "copy")
    report = verify(client.repository)
    assert (report.findings, report.versions, report.files) == ((), 3, 5)
    (source / "new").write_text("is nobody's business")
    assert found(client.repository) == []
    (source / "a.txt").write_text("b")
    (source / "deep" / "large").write_bytes(b"x" * 4_999_999 + b"y")
    (tmp_path / "one.txt").unlink()
    assert found(client.repository) == [
        ("missing", "file", 1, (tmp_path / "one.txt").as_uri()),
        ("damaged", "folder", 1, (source / "a.txt").as_uri()),
        ("damaged", "folder", 1, (source / "deep" / "large").as_uri()),
    ]


def test_of_a_file_that_grew_no_more_is_read_than_tells(local: ArtifactRepository, tmp_path: Path) -> None:
    """Whoever keeps it may let it grow without end."""
    source, client = tmp_path / "source", ArtifactClient(tmp_path / "root")
    source.mkdir()
    for name, size in {"small": 10, "large": 5_000_000}.items():
        (source / name).write_bytes(bytes(size))
    client.register_artifact(source, "a", copy=False)
    for path in source.iterdir():
        os.truncate(path, 2**40)
    seen: list[Progress] = []
    begin = time.monotonic()
    report = verify(client.repository, "a", seen.append)
    assert [(each.problem, each.key) for each in report.findings] == [
        ("damaged", (source / "large").as_uri()),
        ("damaged", (source / "small").as_uri()),
    ]
    assert seen[-1].size < 50_000_000
    with pytest.raises(DamagedObjectError, match=r"bytes, not .*, or even more"):
        client.repository.get("a", 1).download(tmp_path / "target")
    assert time.monotonic() - begin < 20


def test_a_source_that_cannot_be_opened(local: ArtifactRepository, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("one")
    client = ArtifactClient(tmp_path / "root")
    client.register_artifact(tmp_path / "one.txt", "file", copy=False)
    record = json.loads(local.store.read("registry/file/1"))
    local.store.replace(
        "registry/file/1", json.dumps({**record, "source": "https://127.0.0.1:9/one.txt"}).encode()
    )
    add(local, "a")
    report = verify(local)
    assert shown(report.findings) == [("unreadable", "file", 1, "https://127.0.0.1:9/one.txt")]
    assert "not a public one" in report.findings[0].detail
    local.store.replace("registry/file/1", json.dumps({**record, "source": "ftp://a/one.txt"}).encode())
    assert found(local) == [("damaged", "file", 1, "registry/file/1")]
