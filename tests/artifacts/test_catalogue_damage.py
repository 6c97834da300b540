"""Whatever lies in the store, the catalogue has the rest, and keeps little of it."""

from __future__ import annotations

import json
import logging
import time
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts.artifacts import ArtifactRepository
from airflow_artifacts.artifacts.catalogue import Brief, Catalogue, Entry, Query, parse_condition
from airflow_artifacts.artifacts.catalogue.changes import Change, apply_changes
from airflow_artifacts.artifacts.catalogue.entries import overlaid, shortened
from airflow_artifacts.artifacts.catalogue.log_reading import Wanted, _choose
from airflow_artifacts.artifacts.watched import Reader, read_json, reading
from airflow_artifacts.exceptions import StorageError
from airflow_artifacts.storage import quote_segment
from tests.artifacts.support import PRODUCER, new_store
from tests.artifacts.test_catalogue import LONG_NAME, add, anyone, found, memory_store, record, recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore


def content(name: str = "a", **changed: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "format": "airflow-artifacts/version/1",
        **record(name, producer=PRODUCER, parents=(("p", 1),), tags=("t",), label="v").to_json(),
    }
    loaded: dict[str, Any] = json.loads(json.dumps({**made, **changed}))
    return loaded


def by(**changed: Any) -> dict[str, Any]:
    """Give a record that is right but for its producer."""
    made_by = replace(PRODUCER, **changed)
    return content(producer=vars(made_by), path=f"{made_by.prefix}/artifacts/a-0123456789abcdef")


def write(store: ObjectStore, key: str, value: Any) -> None:
    store.replace(key, value if isinstance(value, bytes) else json.dumps(value).encode())


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


def only(store: ObjectStore) -> Entry:
    (entry,) = Catalogue(store).find(Query(), anyone).entries
    return entry


def with_metadata(text: str) -> bytes:
    return json.dumps(content()).replace('"metadata": {}', f'"metadata": {{"a": {text}}}').encode()


DAMAGED: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b"\xff\xfe",
    "a list": [],
    "a number": 5,
    "nested deeply": b"[" * 100_000 + b"]" * 100_000,
    "metadata nested deeply": with_metadata(f"{'[' * 900}{']' * 900}"),
    "half a character": json.dumps(content(kind="K")).replace("K", "\\ud800").encode(),
    "not a number": with_metadata("NaN"),
    "a number without end": with_metadata("9" * 9999),
    "another artifact": content("b"),
    "another format": content(format="airflow-artifacts/version/2"),
    "no format": {key: value for key, value in content().items() if key != "format"},
    "no tags": {key: value for key, value in content().items() if key != "tags"},
    "size a text": content(size="5"),
    "size true": content(size=True),
    "size negative": content(size=-1),
    "size huge": content(size=2**63),
    "kind a list": content(kind=["x"]),
    "kind very long": content(kind="x" * 1001),
    "label a number": content(label=1),
    "no time": content(created_at="yesterday"),
    "time without zone": content(created_at="2026-01-01T00:00:00.000000"),
    "no such day": content(created_at="2026-02-30T00:00:00.000000+00:00"),
    "before all time": content(created_at="0001-01-01T00:00:00+10:00"),
    "tags a text": content(tags="abc"),
    "tags of numbers": content(tags=[1]),
    "no path": {key: value for key, value in content().items() if key != "path"},
    "path a list": content(path=["saved/a-0123456789abcdef"]),
    "path of another DAG": content(path=content()["path"].replace("runs/d/", "runs/e/")),
    "path of another attempt": content(path=content()["path"].replace("/001-", "/002-")),
    "path beside the artifacts": content(path=content()["path"].replace("/artifacts/", "/rows/")),
    "path outside of tasks, of a task": content(path="saved/a-0123456789abcdef"),
    "path of a task, outside of tasks": content(producer=None),
    "no DAG": by(dag_id=""),
    "all DAGs": by(dag_id="~"),
    "no run": by(run_id=""),
    "all runs": by(run_id="~"),
    "no task": by(task_id=""),
    "DAG with a line end": by(dag_id="d\n"),
    "run with an escape": by(run_id="r\x1b[2J"),
    "task that turns the line": by(task_id="\u202et"),
    "metadata a list": content(metadata=[1]),
    "facts none": content(facts=None),
    "producer a text": content(producer="d"),
    "producer without task": content(producer={"dag_id": "d", "run_id": "r"}),
    "producer without logical date": content(
        producer={key: value for key, value in vars(PRODUCER).items() if key != "logical_date"}
    ),
    "producer of a number": content(producer={**content()["producer"], "dag_id": 1}),
    "map index true": by(map_index=True),
    "try number true": by(try_number=True),
    "attempt very long": by(attempt="x" * 1001),
    "logical date a number": by(logical_date=1),
    "parents a text": content(parents="ab"),
    "parents none": content(parents=None),
    "parent of one": content(parents=[["a"]]),
    "parent of a text": content(parents=[["a", "1"]]),
    "parent with a path": content(parents=[["../a", 1]]),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_record_is_left_out_and_said_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    store = memory_store()
    add(store, "b")
    write(store, "registry/a/1", DAMAGED[name])
    write(store, "registry/a/2", content())
    catalogue = Catalogue(store)
    for _ in range(3):
        assert found(catalogue, sort="name") == ["a@2", "b@1"]
    (warning,) = warnings(caplog)
    assert "registry/a/1 is damaged" in warning
    assert len(warning) < 1000
    assert found(Catalogue(store), sort="name") == ["a@2", "b@1"]


def test_what_is_no_record_is_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = new_store("local", tmp_path)
    write(store, "registry/a/1", content())
    for key in ("a/0", "a/01", "a/-1", "a/x", "a/1x", "a/1234567890", "a/changes/x", "a/deep/er/1", "file"):
        write(store, f"registry/{key}", b"x")
    for folder in (".x", "a%2Fb", "~2E~2E", "ä", "a b", f"b~{'0' * 16}", f"ä~{'0' * 16}", "..\\x", "a\nb"):
        (tmp_path / "root/registry" / folder).mkdir()
        for key in ("1", "name", "changes"):
            (tmp_path / "root/registry" / folder / key).write_text(json.dumps(content(folder)))
    catalogue = Catalogue(store)
    assert found(catalogue) == ["a@1"]
    assert found(catalogue) == ["a@1"]
    assert warnings(caplog) == []


def test_a_damaged_record_that_is_restored_is_found_again() -> None:
    store = memory_store()
    good = json.dumps(content()).encode()
    write(store, "registry/a/1", b"{" * len(good))
    write(store, "registry/b/1", b"{")
    catalogue = Catalogue(store)
    assert found(catalogue) == []
    write(store, "registry/b/1", content("b"))
    write(store, "registry/a/1", good)
    assert found(catalogue) == ["b@1"], "the other one has the size that it had"
    write(store, "registry/a/1", good + b" ")
    assert found(catalogue, sort="name") == ["a@1", "b@1"]
    write(store, "registry/a/1", good)
    assert found(catalogue, sort="name") == ["a@1", "b@1"], "that it was damaged is forgotten"


def test_what_was_damaged_is_read_again_after_half_a_minute() -> None:
    store, clock = memory_store(), [0.0]
    write(store, "x", b"{")
    reader = Reader(store, lambda: clock[0])
    tried: list[float] = []

    def make(_: str, data: bytes) -> Any:
        tried.append(clock[0])
        return read_json(data)

    for clock[0] in (0.0, 29.9, 30.0, 59.9, 60.0):
        assert reader.read(store.list(), make) == {}
    assert tried == [0.0, 30.0, 60.0]


def test_what_was_damaged_and_deleted_is_not_remembered() -> None:
    store = memory_store()
    good = json.dumps(content()).encode()
    write(store, "registry/a/1", b"{" * len(good))
    catalogue = Catalogue(store)
    assert found(catalogue) == []
    store.delete("registry/a/1")
    assert found(catalogue) == []
    write(store, "registry/a/1", good)
    assert found(catalogue) == ["a@1"]


def test_a_name_whose_changes_are_damaged_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    store = memory_store()
    for name in "ab":
        add(store, name)
        add(store, name)
    catalogue = Catalogue(store)
    assert len(found(catalogue)) == 4
    ArtifactRepository(store).registry("a").delete([1])
    good = store.read("registry/a/changes/1")
    for bad in (
        b"{",
        b"[]",
        good.replace(b"deleted", b"else"),
        good.replace(b"[1]", b'["1"]'),
        good.replace(b"[1]", b"[true]"),
        good.replace(b"[1]", b"{}"),
        good.replace(b"}", b',"metadata":[]}').replace(b"deleted", b"metadata"),
        good.replace(b"/1", b"/9"),
    ):
        store.replace("registry/a/changes/1", bad + b" " * len(bad))
        assert found(catalogue, sort="name") == found(Catalogue(store), sort="name") == ["b@1", "b@2"]
    assert all("registry/a/changes/1 is damaged" in warning for warning in warnings(caplog))
    store.replace("registry/a/changes/1", good)
    assert found(catalogue, sort="name") == ["a@2", "b@1", "b@2"]


def test_changes_that_are_gone_count_no_more() -> None:
    store = memory_store()
    add(store, "a")
    add(store, "a", metadata={"x": 0})
    registry, catalogue = ArtifactRepository(store).registry("a"), Catalogue(store)
    registry.delete([1])
    registry.add_metadata(2, {"x": 1})
    assert found(catalogue, metadata=(parse_condition("x=1"),)) == ["a@2"]
    store.delete_prefix("registry/a/changes")
    assert found(catalogue, sort="version") == ["a@1", "a@2"]
    assert found(catalogue, metadata=(parse_condition("x=0"),)) == ["a@2"]


def test_damaged_copies_of_records_do_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    store = memory_store()
    for number in range(1, 33):
        add(store, "a", metadata={"n": number})
    block = store.read("registry/a/blocks/1-16")
    for bad in (b"", b"x", b"\n" * 15, block[:-9], block + b"\n{}", block.replace(b'"name":"a"', b'"name":"b"')):
        store.replace("registry/a/blocks/1-16", bad)
        store.replace("registry/a/blocks/1-999999999", bad)
        assert found(Catalogue(store), sort="version") == [f"a@{number}" for number in range(1, 33)]
    assert warnings(caplog) == []


def test_an_entry_keeps_little_of_huge_metadata() -> None:
    store = memory_store()
    catalogue = Catalogue(store)
    found(catalogue)
    huge = {f"k{number}": "x" * 1_000_000 for number in range(10)}
    add(store, "a", metadata=huge, facts={"list": [["y" * 1000] * 1000], "object": {"z": "ü" * 500_000}})
    ArtifactRepository(store).registry("a").add_metadata(1, {"k1": "w" * 1_000_000})
    tracemalloc.start()
    assert found(catalogue) == ["a@1"]
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100_000
    entry = only(store)
    assert entry.metadata["k0"] == Brief("string", "x" * 120, 1_000_000)
    assert entry.metadata["k1"] == Brief("string", "w" * 120, 1_000_000)
    assert entry.metadata["object"] == Brief("object", f'{{"z": "{"ü" * 113}', 500_009)
    assert isinstance(entry.metadata["list"], Brief)
    assert entry.metadata["list"].is_cut


def test_only_so_many_keys_tags_and_parents_are_kept() -> None:
    store = memory_store()
    metadata = {"long" * 51: 1, **{f"k{number:03}": number for number in range(300)}}
    parents = [["p", number] for number in range(5000)]
    tags = ["x" * 201, *(f"{number:0200}" for number in range(101))]
    write(store, "registry/a/1", content(metadata=metadata, parents=parents, tags=tags))
    ArtifactRepository(store).registry("a").add_metadata(1, {"k000": "new", "k299": "new", "more": 1})
    entry = only(store)
    assert list(entry.metadata) == [f"k{number:03}" for number in range(200)]
    assert entry.metadata["k000"] == "new"
    assert len(entry.parents) == 1000
    assert entry.tags == tuple(tags[1:101])
    write(store, "registry/b/1", content("b", facts={"first": 0}, metadata={**metadata, "first": 1}))
    newest = Catalogue(store).get("b", 1)
    assert newest is not None
    assert newest.metadata["first"] == 1, "though it is the last of 300"


def test_what_is_as_long_as_it_may_be_is_kept_whole() -> None:
    store = memory_store()
    metadata = {"k" * 200: "x" * 1000, "bits": 2**2048 - 1}
    write(
        store,
        "registry/a/1",
        content(kind="k" * 1000, size=2**63 - 1, tags=["t" * 200], metadata=metadata),
    )
    entry = only(store)
    assert (entry.kind, entry.size, entry.tags) == ("k" * 1000, 2**63 - 1, ("t" * 200,))
    assert entry.metadata == metadata
    write(store, "registry/a/1", content(size=0))
    assert only(store).size == 0


def test_values_that_json_cannot_carry_are_texts() -> None:
    store = memory_store()
    write(store, "registry/a/1", with_metadata('1e999, "b": [1e999], "c": -1e999'))
    write(store, "registry/a/2", content(metadata={"a": 10**1000}))
    catalogue = Catalogue(store)
    catalogue.refresh()
    first, second = catalogue.find(Query(sort="version"), anyone).entries
    assert first.metadata["a"] == Brief("number", "Infinity", 8)
    assert first.metadata["b"] == Brief("list", "[Infinity]", 10)
    assert isinstance(second.metadata["a"], Brief)
    assert second.metadata["a"].size == 1001
    assert "a" not in catalogue.series("a", anyone).series


def test_times_of_other_zones_are_turned_into_utc() -> None:
    store = memory_store()
    for number, text in enumerate(
        (
            "2026-03-01T10:00:00Z",
            "2026-03-01T11:30+02:00",
            "2026-03-01 09:45:00+00:00",
            "2026-03-01T10:00:00.000000+00:00:30",
        ),
        1,
    ):
        write(store, f"registry/a/{number}", content(created_at=text))
    catalogue = Catalogue(store)
    catalogue.refresh()
    page = catalogue.find(Query(sort="created_at"), anyone)
    assert [(entry.version, entry.created_at[11:]) for entry in page.entries] == [
        (2, "09:30:00.000000+00:00"),
        (3, "09:45:00.000000+00:00"),
        (4, "09:59:30.000000+00:00"),
        (1, "10:00:00.000000+00:00"),
    ]


def test_a_long_name_is_believed_only_where_it_fits_its_folder() -> None:
    store = memory_store()
    folder = quote_segment(LONG_NAME)
    add(store, LONG_NAME)
    catalogue = Catalogue(store)
    assert found(catalogue) == [f"{LONG_NAME}@1"]
    for bad in (b"other", b"", b"../x", b"\xff"):
        store.replace(f"registry/{folder}/name", bad)
        assert found(catalogue) == []
    store.delete(f"registry/{folder}/name")
    assert found(catalogue) == found(Catalogue(store)) == []
    store.replace(f"registry/{folder}/name", LONG_NAME.encode())
    assert found(catalogue) == [f"{LONG_NAME}@1"]


def test_the_folder_of_nobody_is_asked_for_its_name_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store("local", tmp_path)
    folder = f"long~{'0' * 16}"
    write(store, f"registry/{folder}/name", b"long")
    write(store, f"registry/{folder}/1", content("long"))
    catalogue, read = Catalogue(store), recorded(store, "read", monkeypatch)
    assert found(catalogue) == found(catalogue) == []
    assert read == [f"registry/{folder}/name"]


def test_a_record_of_absurd_size_is_not_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reading, "_SIZE_LIMIT", 10_000)
    store = memory_store()
    add(store, "a")
    write(store, "registry/a/2", json.dumps(content()).encode() + b" " * 10_000)
    assert found(Catalogue(store)) == ["a@1"]
    assert "registry/a/2 is damaged" in warnings(caplog)[0]


def test_a_small_bomb_of_values_is_not_made(caplog: pytest.LogCaptureFixture) -> None:
    store = memory_store()
    add(store, "a")
    for number, bomb in enumerate((b"{},", b"[" * 150 + b"]" * 150 + b",", b"0,"), 2):
        write(
            store,
            f"registry/a/{number}",
            with_metadata("[BOMB0]").replace(b"BOMB", bomb * (2_500_000 // len(bomb))),
        )
    write(store, "registry/a/9", with_metadata(f'"{"x" * 2_500_000}"'))
    tracemalloc.start()
    assert found(Catalogue(store), sort="version") == ["a@1", "a@9"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
    assert len([text for text in warnings(caplog) if "more than 1,000,000 values" in text]) == 3


def test_the_record_of_a_hundred_thousand_files_is_read() -> None:
    store = memory_store()
    file = {"path": f"{'folder/' * 8}file.bin", "size": 123456, "sha256": "f" * 64}
    data = json.dumps(content(files=[])).replace(
        '"files": []', f'"files": [{", ".join([json.dumps(file)] * 100_000)}]'
    )
    store.replace("registry/a/1", data.encode())
    assert found(Catalogue(store)) == ["a@1"]


def test_large_objects_are_read_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_LARGE", 10_000)
    monkeypatch.setattr(reading, "_QUICK", 0.0)  # so that there are threads
    store = new_store("local", tmp_path)
    for number in range(8):
        write(store, f"registry/a{number}/1", json.dumps(content(f"a{number}")).encode() + b" " * 10_000)
        write(store, f"registry/b{number}/1", content(f"b{number}"))
    read, inside, most = store.read, [0], {"a": 0, "b": 0}

    def slow(key: str) -> bytes:
        inside[0] += 1
        most[key[9]] = max(most[key[9]], inside[0])
        time.sleep(0.01)
        inside[0] -= 1
        return read(key)

    monkeypatch.setattr(store, "read", slow)
    assert len(found(Catalogue(store))) == 16
    assert most["a"] == 1
    assert most["b"] > 1


def change(versions: list[int], metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": "airflow-artifacts/change/1",
        "kind": "metadata",
        "versions": versions,
        "created_at": "2026-03-01T00:00:00.000000+00:00",
        "metadata": metadata,
    }


@pytest.mark.parametrize("numbers", [[1] * 100_000, list(range(1, 100_001))], ids=["same", "absent"])
def test_a_change_of_very_many_versions_is_read_at_once(numbers: list[int]) -> None:
    store = memory_store()
    add(store, "a", metadata={"own": 0})
    write(store, "registry/a/changes/1", change(numbers, {f"k{number}": number for number in range(200)}))
    begin = time.process_time()
    entry = only(store)
    assert time.process_time() - begin < 1
    assert list(entry.metadata) == ["own", *(f"k{number}" for number in range(199))]


def test_many_changes_of_a_version_are_laid_over_once(monkeypatch: pytest.MonkeyPatch) -> None:
    laid = [0]

    def counted(*layers: Mapping[str, Any]) -> dict[str, Any]:
        laid[0] += sum(map(len, layers))
        return overlaid(*layers)

    monkeypatch.setattr("airflow_artifacts.artifacts.catalogue.changes.overlaid", counted)
    entry = Entry("a", 1, None, "k", None, 1, "", (), None, None, (), False, {f"k{n}": n for n in range(200)})
    changes = {number: Change((1, 2), False, {"k7": number}) for number in range(1, 1001)}
    (found_now,) = apply_changes({1: entry}, changes)
    assert found_now.metadata == {**entry.metadata, "k7": 1000}
    assert laid == [1200]


def test_a_change_of_many_versions_is_laid_over_quickly_and_not_what_is_deleted() -> None:
    metadata = shortened({f"k{number}": number for number in range(200)})
    entry = Entry("a", 1, None, "k", None, 1, "", (), None, None, (), False, {"own": 0})
    change_of_all = Change(tuple(range(1, 5001)), False, metadata)
    begin = time.process_time()
    changed = apply_changes(dict.fromkeys(range(1, 5001), entry), {1: change_of_all})
    assert time.process_time() - begin < 0.5
    assert {len(each.metadata) for each in changed} == {200}
    deletion = Change((2,), is_deletion=True)
    assert len(apply_changes(dict.fromkeys((1, 2, 3), entry), {1: change_of_all, 2: deletion})) == 2


def test_changes_are_laid_over_in_the_order_of_their_numbers() -> None:
    store = memory_store()
    for _ in range(3):
        add(store, "a", metadata={"x": 0, "y": 0})
    for number, versions, metadata in ((10, [2, 1], {"x": 10}), (9, [2], {"x": 9, "z": 9}), (2, [1], {"y": 2})):
        write(store, f"registry/a/changes/{number}", change(versions, metadata))
    catalogue = Catalogue(store)
    page = catalogue.find(Query(sort="version"), anyone)
    assert [dict(entry.metadata) for entry in page.entries] == [
        {"x": 10, "y": 2},
        {"x": 10, "y": 0, "z": 9},
        {"x": 0, "y": 0},
    ]


def test_a_block_that_promises_very_much_is_not_counted_out() -> None:
    store = memory_store()
    for _ in range(3):
        add(store, "a")
    for name in ("1-999999999", "1-100000000", "1-7", "3-2", "2-1"):
        store.replace(f"registry/a/blocks/{name}", b"\n" * 100)
    tracemalloc.start()
    begin = time.process_time()
    assert found(Catalogue(store), sort="version") == ["a@1", "a@2", "a@3"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - begin < 1
    assert peak < 1_000_000


def test_blocks_are_chosen_that_have_most_of_what_is_wanted() -> None:
    def chosen(sizes: Iterable[int], *names: str, size: int = 1) -> list[str]:
        log = Wanted("p", dict.fromkeys(sizes, 1), dict.fromkeys(names, size), lambda entry, _: entry)
        return [block.key.removeprefix("p/blocks/") for block in _choose(log)]

    assert chosen(range(1, 33), "1-16", "17-32", "1-32") == ["1-32"], "the others are in it"
    assert chosen(range(1, 25), "17-32", "1-16") == ["17-32", "1-16"], "half is enough"
    assert chosen(range(1, 24), "17-32") == [], "less is not"
    assert chosen(range(1, 17), "1-16", size=16 * 1024 * 1024) == ["1-16"]
    assert chosen(range(1, 17), "1-16", size=16 * 1024 * 1024 + 1) == []
    assert chosen(range(1, 17), "0-16", "1-1234567890", "1-16x", "a-b", "1") == []


def test_a_record_that_cannot_be_read_now_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reading, "_AGAIN", 0.0)
    store = new_store("local", tmp_path)
    for name in "abc":
        add(store, name)
    read = store.read

    def failing(key: str) -> bytes:
        if key == "registry/b/1":
            raise StorageError("read", store.url(key), "the disk is on fire")
        return read(key)

    monkeypatch.setattr(store, "read", failing)
    catalogue = Catalogue(store)
    assert found(catalogue, sort="name") == found(catalogue, sort="name") == ["a@1", "c@1"]
    (warning,) = warnings(caplog)
    assert "the disk is on fire" in warning
    monkeypatch.setattr(store, "read", read)
    assert found(catalogue, sort="name") == ["a@1", "b@1", "c@1"]


@pytest.mark.parametrize(
    ("key", "left"),
    [
        ("registry/a/2", [f"{LONG_NAME}@1"]),
        ("registry/a/changes/1", [f"{LONG_NAME}@1"]),
        (f"registry/{quote_segment(LONG_NAME)}/name", ["a@2"]),
    ],
    ids=["record", "changes", "name"],
)
def test_whatever_cannot_be_read_now_is_tried_again(
    key: str, left: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_AGAIN", 0.0)
    store = new_store("local", tmp_path)
    for name in ("a", "a", LONG_NAME):
        add(store, name)
    ArtifactRepository(store).registry("a").delete([1, 99])  # there is no version 99
    catalogue, read = Catalogue(store), store.read

    def failing(asked: str) -> bytes:
        if asked == key:
            raise StorageError("read", store.url(key), "the disk is on fire")
        return read(asked)

    with monkeypatch.context() as patch:
        patch.setattr(store, "read", failing)
        assert found(catalogue) == left
    assert found(catalogue, sort="name") == ["a@2", f"{LONG_NAME}@1"]


def test_what_vanishes_while_it_is_read_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_store("local", tmp_path)
    for name in "ab":
        add(store, name)
    infos = store.list("registry")
    store.delete_prefix("registry/b")
    with monkeypatch.context() as patch:
        patch.setattr(store, "list", lambda _: infos)
        catalogue = Catalogue(store)
        assert found(catalogue) == ["a@1"]
    assert found(catalogue) == ["a@1"]
    assert warnings(caplog) == []
    add(store, "b")
    assert found(catalogue, sort="name") == ["a@1", "b@1"]
