"""The catalogue has what the store has: compared with a naive search through the repository."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_artifacts.artifacts import ArtifactRecord, ArtifactRepository, ArtifactVersion, VersionFilter
from airflow_artifacts.artifacts.catalogue import Brief, Catalogue, Entry, Query, parse_condition
from airflow_artifacts.storage import Producer, open_store, quote_segment
from tests.artifacts.support import new_store, save_value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore

BEGIN = datetime(2026, 3, 1, tzinfo=timezone.utc)
LONG_NAME = "/".join(["long"] * 39)  # its folder does not hold all of it


def anyone(_: str | None) -> bool:
    return True


def producer(dag_id: str | None, task_id: str = "t", run_id: str = "r", map_index: int = -1) -> Producer | None:
    return None if dag_id is None else Producer(dag_id, run_id, task_id, map_index, attempt=uuid.uuid4().hex)


def record(name: str, hour: int = 0, **more: Any) -> ArtifactRecord:
    made_by: Producer | None = more.get("producer")
    place = "saved" if made_by is None else f"{made_by.prefix}/artifacts"
    values: dict[str, Any] = {
        "path": f"{place}/{quote_segment(name)}-{uuid.uuid4().hex[:16]}",
        "files": (),
        "size": 1,
        "created_at": (BEGIN + timedelta(hours=hour)).isoformat(timespec="microseconds"),
    }
    return ArtifactRecord(name, **{**values, **more})


def add(store: ObjectStore, name: str, hour: int = 0, **more: Any) -> int:
    """Register a version that has no files, as a save does."""
    return ArtifactRepository(store).registry(name).append(record(name, hour, **more))


def memory_store() -> ObjectStore:
    return open_store(f"memory://{uuid.uuid4().hex}")


def recorded(store: ObjectStore, name: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write down, from now on, with which keys a method is called."""
    keys: list[str] = []
    original = getattr(store, name)

    def call(key: str) -> Any:
        keys.append(key)
        return original(key)

    monkeypatch.setattr(store, name, call)
    return keys


def found(catalogue: Catalogue, may_read: Callable[[str | None], bool] = anyone, **query: Any) -> list[str]:
    """Look anew, and give what is found as ``name@version``."""
    catalogue.refresh()
    page = catalogue.find(Query(**{"limit": 200, **query}), may_read)
    assert page.total >= len(page.entries)
    return [f"{entry.name}@{entry.version}" for entry in page.entries]


# Compared with a naive search


def naive(store: ObjectStore) -> list[ArtifactVersion]:
    repository = ArtifactRepository(store)
    return [version for name in repository.names() for version in repository.versions(name)]


def facts(version: ArtifactVersion | Entry) -> dict[str, Any]:
    names = ("name", "version", "label", "kind", "media_type", "size", "tags", "step", "producer")
    values = {name: getattr(version, name) for name in names}
    metadata = dict(version.metadata)
    if isinstance(version, Entry):
        parents = [f"artifact://{name}@{number}" for name, number in version.parents]
        moment = datetime.fromisoformat(version.created_at)
        metadata = {"size": version.size, **metadata}
        return {
            **values, "parents": parents, "at": moment, "else": version.is_by_reference, "metadata": metadata
        }  # fmt: skip
    return {
        **values,
        "parents": list(version.parents),
        "at": version.created_at,
        "else": version.source is not None,
        "metadata": {key: brief(value) for key, value in metadata.items()},
    }


def brief(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 1000:
        return Brief("string", value[:120], len(value))
    if isinstance(value, list | dict):
        text = json.dumps(value, ensure_ascii=False)
        return Brief("list" if isinstance(value, list) else "object", text[:120], len(text))
    return value


def assert_same(catalogue: Catalogue, store: ObjectStore) -> list[ArtifactVersion]:
    expected = naive(store)
    catalogue.refresh()
    page = catalogue.find(Query(sort="name", limit=200), anyone)
    assert [facts(entry) for entry in page.entries] == [facts(version) for version in expected]
    assert page.total == len(expected)
    return expected


NAMES = ("a", "a/b", "a-b", "B.c", LONG_NAME)
DAGS = (None, "d", "e")
VALUES = st.sampled_from([None, True, False, 0, 1, 1.0, 2.5, "1", "one", "x" * 1001, [1, 2], {"k": "ä" * 200}])
METADATA = st.dictionaries(st.sampled_from(["x", "y", "size"]), VALUES, max_size=3)
MOMENTS = st.sampled_from(["2026-03-01", "2026-03-01T02:00:00Z", "2026-03-01T03:00", "2026-03-01T06:00:00+02:00"])

SAVE = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "hour": st.integers(0, 5),
        "size": st.integers(0, 3),
        "kind": st.sampled_from(["table", "image"]),
        "tags": st.lists(st.sampled_from(["s", "t", "u"]), unique=True).map(tuple),
        "producer": st.builds(
            producer, st.sampled_from(DAGS), st.sampled_from("tu"), st.sampled_from("rs"), st.sampled_from((-1, 0))
        ),
        "parents": st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 3)), unique=True).map(tuple),
        "metadata": METADATA,
        "facts": METADATA,
        "source": st.sampled_from([None, "s3://bucket/x"]),
        "codec": st.just("file"),
    }
)
ACTS = st.lists(
    st.one_of(
        SAVE.map(lambda save: ("save", save)),
        SAVE.map(lambda save: ("save", save)),
        st.tuples(st.just("delete"), st.integers(0, 50)),
        st.tuples(st.just("add"), st.tuples(st.integers(0, 50), METADATA)),
        st.tuples(st.just("wipe"), st.sampled_from(NAMES)),
        st.just(("look", None)),
    ),
    max_size=25,
)
CONDITIONS = st.sampled_from(
    [
        "x",
        "x=1",
        "x!=1",
        "x=one",
        "x=true",
        "x=null",
        "x>1",
        "x>=1",
        "y<2",
        "y<=1e0",
        'y="1"',
        "size>1",
        "x=[1, 2]",
    ]
)
CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(["A", "b", "long/", "none"]),
    "name": st.sampled_from(NAMES),
    "dag_id": st.sampled_from(DAGS),
    "run_id": st.sampled_from(["r", "s"]),
    "task_id": st.sampled_from(["t", "u"]),
    "map_index": st.sampled_from([-1, 0]),
    "kind": st.sampled_from(["table", "image"]),
    "tags": st.lists(st.sampled_from(["s", "t"]), max_size=3).map(tuple),
    "metadata": st.lists(CONDITIONS, max_size=2).map(tuple),
    "created_after": MOMENTS,
    "created_before": MOMENTS,
    "latest": st.booleans(),
    "sort": st.sampled_from(["name", "version", "kind", "size", "created_at"]),
    "reverse": st.booleans(),
    "limit": st.integers(1, 5),
    "offset": st.integers(0, 5),
}
# Few at a time: nothing is all of it.
QUERIES = st.lists(st.sampled_from(sorted(CHOICES)), max_size=4, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: CHOICES[name] for name in names})
)


def act(store: ObjectStore, what: str, value: Any) -> None:
    repository = ArtifactRepository(store)
    alive = naive(store) if what in {"delete", "add"} else []
    if what == "save":
        add(store, **value)
    elif what == "wipe":
        store.delete_prefix(f"registry/{quote_segment(value)}")
    elif what == "delete" and alive:
        version = alive[value % len(alive)]
        repository.delete(version.name, [version.version])
    elif what == "add" and alive:
        repository.add_metadata(alive[value[0] % len(alive)], value[1])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ACTS, st.lists(QUERIES, min_size=3, max_size=6), st.sets(st.sampled_from(DAGS)))
def test_it_finds_what_a_naive_search_finds(
    acts: list[tuple[str, Any]], queries: list[dict[str, Any]], dags: set[str | None]
) -> None:
    store = memory_store()
    catalogue = Catalogue(store)
    for what, value in acts:
        act(store, what, value)
        if what == "look":
            assert_same(catalogue, store)
    expected = assert_same(catalogue, store)
    assert_same(Catalogue(store), store)
    for wanted in queries:
        assert_finds(catalogue, expected, dict(wanted), dags)


def assert_finds(
    catalogue: Catalogue, versions: list[ArtifactVersion], wanted: dict[str, Any], dags: set[str | None]
) -> None:
    is_reverse = wanted.pop("reverse", False)
    sort = wanted.pop("sort", "name")
    conditions = wanted.pop("metadata", ())
    query = Query(
        **wanted, sort=f"-{sort}" if is_reverse else sort, metadata=tuple(map(parse_condition, conditions))
    )
    shared = ("dag_id", "run_id", "task_id", "tags", "created_after", "created_before")
    filtered = VersionFilter(**{name: wanted[name] for name in shared if name in wanted})
    expected = [
        version
        for version in versions
        if filtered.matches(version)
        and (None if version.producer is None else version.producer.dag_id) in dags
        and wanted.get("name", version.name) == version.name
        and wanted.get("text", "").lower() in version.name.lower()
        and wanted.get("kind", version.kind) == version.kind
        and ("map_index" not in wanted or getattr(version.producer, "map_index", None) == wanted["map_index"])
        and all(holds(version.metadata, condition) for condition in conditions)
    ]
    if wanted.get("latest"):
        expected = list({version.name: version for version in expected}.values())
    expected.sort(key=lambda version: getattr(version, sort), reverse=is_reverse)
    asked: list[str | None] = []

    def may_read(dag_id: str | None) -> bool:
        asked.append(dag_id)
        return dag_id in dags

    page = catalogue.find(query, may_read)
    assert len(asked) == len(set(asked))
    assert page.total == len(expected)
    offset = wanted.get("offset", 0)
    refs = [(version.name, version.version) for version in expected]
    assert [(entry.name, entry.version) for entry in page.entries] == refs[offset:][: wanted.get("limit", 50)]
    everything = catalogue.find_all(query, dags.__contains__)
    assert [(entry.name, entry.version) for entry in everything] == refs


def holds(metadata: dict[str, Any], condition: str) -> bool:
    """Say by a table what each of CONDITIONS means."""
    x, y, size = (metadata.get(key, ...) for key in ("x", "y", "size"))

    def number(value: Any) -> float:
        return float("nan") if isinstance(value, bool) or not isinstance(value, int | float) else value

    ones = ("1", "1.0")  # as JSON writes them
    is_one = json.dumps(x) in ones if not isinstance(x, str | type(...)) else x == "1"
    meanings = {
        "x": x is not ...,
        "x=1": is_one,
        "x!=1": x is not ... and not is_one,
        "x=one": x == "one",
        "x=true": x is True,
        "x=null": x is None,
        "x>1": number(x) > 1,
        "x>=1": number(x) >= 1,
        "y<2": number(y) < 2,
        "y<=1e0": number(y) <= 1,
        'y="1"': y == "1",
        "size>1": number(size) > 1,
        "x=[1, 2]": x == [1, 2],
    }
    return bool(meanings[condition])


@pytest.mark.parametrize("kind", ["local", "memory"])
def test_many_versions_are_read_from_blocks_and_one_by_one(kind: str, tmp_path: Path) -> None:
    store = new_store(kind, tmp_path)
    catalogue = Catalogue(store)
    for number in range(1, 40):
        add(store, "a", number, metadata={"n": number})
        if number in {3, 17, 33}:
            assert found(catalogue, sort="-version", limit=1) == [f"a@{number}"]
    for number in range(1, 20):
        ArtifactRepository(store).registry("a").add_metadata(number, {"m": number})
    ArtifactRepository(store).registry("a").delete([2, 38])
    assert len(found(catalogue)) == len(found(Catalogue(store))) == 37
    assert found(catalogue, metadata=(parse_condition("m>=18"),)) == ["a@19", "a@18"]
    assert_names(catalogue, store)


def test_blocks_save_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store("local", tmp_path)
    for _ in range(17):
        add(store, "a")
    for number in range(1, 17):
        ArtifactRepository(store).registry("a").add_metadata(number, {"x": number})
    catalogue, read = Catalogue(store), recorded(store, "read", monkeypatch)
    assert len(found(catalogue)) == 17
    assert read == ["registry/a/changes/blocks/1-16", "registry/a/blocks/1-16", "registry/a/17"]
    store.delete("registry/a/5")
    assert len(found(Catalogue(store))) == 16, "a copy alone is no version"


def assert_names(catalogue: Catalogue, store: ObjectStore) -> None:
    expected = [(version.name, version.version, version.metadata["n"]) for version in naive(store)]
    page = catalogue.find(Query(sort="name", limit=200), anyone)
    assert [(entry.name, entry.version, entry.metadata["n"]) for entry in page.entries] == expected


def test_what_was_really_saved_is_found(tmp_path: Path) -> None:
    store = new_store("local", tmp_path)
    repository, catalogue = ArtifactRepository(store), Catalogue(store)
    assert found(catalogue) == []
    save_value(repository, "model/a", {"x": 1}, producer("d"), version="v1", tags=["t"], metadata={"score": 0.5})
    save_value(repository, "model/b", "text", parents=(("model/a", 1),))
    assert_same(catalogue, store)
    assert found(catalogue, text="MODEL", tags=("t",)) == ["model/a@1"]


def test_only_what_is_new_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store("local", tmp_path)
    for name in ("a", "b", LONG_NAME):
        for _ in range(3):
            add(store, name)
    catalogue = Catalogue(store)
    assert len(found(catalogue)) == 9
    read, lists = recorded(store, "read", monkeypatch), recorded(store, "list", monkeypatch)
    assert len(found(catalogue)) == 9
    assert (read, lists) == ([], ["registry"])
    add(open_store(str(tmp_path / "root")), "b")
    ArtifactRepository(open_store(str(tmp_path / "root"))).registry("a").add_metadata(1, {"x": 1})
    assert len(found(catalogue)) == 10
    assert read == ["registry/a/changes/1", "registry/b/4"]


def test_the_records_of_deleted_versions_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store("local", tmp_path)
    add(store, "a")
    add(store, "a")
    ArtifactRepository(store).registry("a").delete([1])
    catalogue, read = Catalogue(store), recorded(store, "read", monkeypatch)
    assert found(catalogue) == ["a@2"]
    assert read == ["registry/a/changes/1", "registry/a/2"]


def test_that_files_are_gone_is_no_deletion() -> None:
    store = memory_store()
    add(store, "a")
    ArtifactRepository(store).registry("a").erase([1])
    assert len(assert_same(Catalogue(store), store)) == 1


def test_a_record_that_is_written_anew_is_read_anew() -> None:
    store = memory_store()
    add(store, "a", kind="table")
    catalogue = Catalogue(store)
    assert found(catalogue, kind="table") == ["a@1"]
    text = store.read("registry/a/1").replace(b'"kind":"table"', b'"kind":"picture"')
    store.replace("registry/a/1", text)
    assert found(catalogue, kind="picture") == ["a@1"]
    assert found(catalogue, kind="table") == []
    store.replace("registry/a/1", text[:-9])
    assert found(catalogue) == [], "what there was is not shown any more"


def test_a_wiped_store_is_empty(tmp_path: Path) -> None:
    store = new_store("local", tmp_path)
    add(store, "a")
    add(store, "b")
    catalogue = Catalogue(store)
    store.delete_prefix("registry/a")
    assert found(catalogue) == ["b@1"]
    store.delete_prefix("registry")
    assert found(catalogue) == []
    add(store, "a", kind="table")
    assert found(catalogue, kind="table") == ["a@1"]


# What there is to choose from, series, children


def may_read_d(dag_id: str | None) -> bool:
    return dag_id == "d"


def test_facets_are_of_what_may_be_seen() -> None:
    store = memory_store()
    add(store, "a", kind="table", tags=("t", "s"), producer=producer("d", "one"), metadata={"y": 1, "x": 1})
    add(store, "b", kind="image", tags=("u",), producer=producer("e", "two"), metadata={"z": 1})
    add(store, "c", kind="text", metadata={"w": 1})
    for task_id in "zyxw":
        add(store, "d", kind="text", producer=producer("e", task_id))
    ArtifactRepository(store).registry("a").add_metadata(1, {"later": True})
    facets = Catalogue(store).facets(may_read_d)
    assert vars(facets) == {
        "kinds": ("table",),
        "tags": ("s", "t"),
        "dag_ids": ("d",),
        "task_ids": ("one",),
        "metadata_keys": ("later", "size", "x", "y"),
    }
    facets = Catalogue(store).facets(anyone)
    assert (facets.kinds, facets.dag_ids, facets.task_ids) == (
        ("image", "table", "text"),
        ("d", "e"),
        ("one", "two", "w", "x", "y", "z"),
    )
    assert vars(Catalogue(store).facets(lambda _: False)) == dict.fromkeys(vars(facets), ())


def test_very_many_keys_and_tags_are_cut_to_the_most_frequent() -> None:
    store = memory_store()
    for part in range(12):
        metadata = {f"key{part * 190 + number:03}": 1 for number in range(190)} if part < 3 else {}
        add(store, "a", metadata=metadata, tags=tuple(f"tag{part * 100 + number:04}" for number in range(100)))
    add(store, "b", metadata={"key569": 1}, tags=("tag1199",))
    facets = Catalogue(store).facets(anyone)
    assert (len(facets.metadata_keys), len(facets.tags)) == (500, 1000)
    assert facets.metadata_keys == tuple(sorted(facets.metadata_keys))
    assert facets.tags == tuple(sorted(facets.tags))
    assert {"key000", "key569", "size"} < set(facets.metadata_keys)
    assert "key568" not in facets.metadata_keys
    assert "tag1199" in facets.tags
    assert "tag1198" not in facets.tags


def test_series_have_a_number_for_each_visible_version() -> None:
    store = memory_store()
    add(store, "a", 0, size=10, producer=producer("d"), metadata={"loss": 2, "is": True, "name": "x"})
    add(store, "a", 1, size=20, producer=producer("e"), metadata={"loss": 1, "secret": 5})
    add(store, "a", 2, size=30, producer=producer("d"), metadata={"size": 7, "once": 0.5, "big": "x" * 2000})
    add(store, "a", 3, size=40, producer=producer("d"), metadata={"loss": None})
    ArtifactRepository(store).registry("a").add_metadata(4, {"once": 0.25, "loss": "none"})
    series = Catalogue(store).series("a", may_read_d)
    assert [number for number, _ in series.versions] == [1, 3, 4]
    assert series.versions[0][1] == BEGIN.isoformat(timespec="microseconds")
    assert list(series.series) == ["size", "once", "loss"]
    assert series.series == {"size": [10, 7, 40], "once": [None, 0.5, 0.25], "loss": [2, None, None]}
    assert Catalogue(store).series("none", anyone).versions == ()


def test_series_are_of_the_most_frequent_keys_and_the_last_versions() -> None:
    store = memory_store()
    data = json.dumps({"format": "airflow-artifacts/version/1", **record("a").to_json()}).encode()
    for number in range(1, 1003):
        store.write(f"registry/a/{number}", data)
    add(store, "b", metadata={f"k{number:02}": number for number in range(60)})
    add(store, "b", metadata={"k59": 1})
    catalogue = Catalogue(store)
    versions = catalogue.series("a", anyone).versions
    assert (len(versions), versions[0][0], versions[-1][0]) == (1000, 3, 1002)
    add(store, "a", producer=producer("d"))
    catalogue.refresh()
    assert catalogue.series("a", lambda dag_id: dag_id is None).versions == versions
    keys = list(catalogue.series("b", anyone).series)
    assert (len(keys), keys[:3], keys[-1]) == (50, ["k59", "size", "k00"], "k47")


def test_children_are_listed_the_newest_first_and_hidden_ones_counted() -> None:
    store = memory_store()
    add(store, "p")
    for hour, dag_id in ((2, "d"), (1, "d"), (3, "e"), (4, None)):
        add(store, "c", hour, producer=producer(dag_id), parents=(("p", 1), ("q", 1), ("p", 1)))
    add(store, "other", 9, producer=producer("d"), parents=(("p", 2),))
    catalogue = Catalogue(store)
    children = catalogue.children("p", 1, may_read_d)
    assert [(entry.name, entry.version) for entry in children.entries] == [("c", 1), ("c", 2)]
    assert children.hidden == 2
    assert [entry.version for entry in catalogue.children("q", 1, anyone).entries] == [4, 3, 1, 2]
    assert catalogue.children("p", 3, anyone) == ((), 0)
    ArtifactRepository(store).registry("c").delete([1, 3])
    catalogue.refresh()
    assert [entry.version for entry in catalogue.children("p", 1, may_read_d).entries] == [2]
    assert catalogue.children("p", 1, may_read_d).hidden == 1


def test_no_more_than_two_hundred_children_are_listed() -> None:
    store = memory_store()
    data = {"format": "airflow-artifacts/version/1", **record("c", parents=(("p", 1),)).to_json()}
    for number in range(1, 206):
        store.write(f"registry/c/{number}", json.dumps(data).encode())
    children = Catalogue(store).children("p", 1, anyone)
    assert (len(children.entries), children.hidden) == (200, 0)


def test_what_may_not_be_seen_is_in_no_number() -> None:
    store = memory_store()
    add(store, "a", producer=producer("d"))
    add(store, "a", producer=producer("e"))
    add(store, "b")
    catalogue = Catalogue(store)
    assert found(catalogue, may_read_d) == ["a@1"]
    assert catalogue.find(Query(latest=True), may_read_d).total == 1
    assert found(catalogue, may_read_d, latest=True) == ["a@1"]
    assert found(catalogue, lambda dag_id: dag_id is None) == ["b@1"]


def test_only_the_dags_of_what_matches_are_asked_for() -> None:
    store = memory_store()
    for kind, dag_id in (("table", "d"), ("image", "e"), ("table", "d"), ("table", "f"), ("image", None)):
        add(store, "a", kind=kind, producer=producer(dag_id))
    catalogue = Catalogue(store)
    for is_latest in (False, True):
        asked: list[str | None] = []

        def may_read(dag_id: str | None, asked: list[str | None] = asked) -> bool:
            asked.append(dag_id)
            return False

        assert catalogue.find(Query(kind="table", latest=is_latest), may_read).total == 0
        assert sorted(asked, key=str) == ["d", "f"]


def test_a_version_is_got_by_its_number_among_gaps() -> None:
    store = memory_store()
    for _ in range(12):  # a listing has 10 before 2
        add(store, "a")
    add(store, "b")
    ArtifactRepository(store).registry("a").delete([1, 3, 6, 12])
    catalogue = Catalogue(store)
    got = [(number, catalogue.get("a", number)) for number in range(-1, 15)]
    there = {number: entry.version for number, entry in got if entry is not None}
    assert there == {number: number for number in (2, 4, 5, 7, 8, 9, 10, 11)}
    assert catalogue.get("c", 1) is None


# Threads


def test_threads_see_whole_states_while_others_save_and_delete(tmp_path: Path) -> None:
    store = new_store("local", tmp_path)
    repository, catalogue = ArtifactRepository(store), Catalogue(store)
    for _ in range(3):
        add(store, "a", metadata={"n": 0})
    is_over, problems = threading.Event(), []

    def look() -> None:
        while not is_over.is_set():
            catalogue.refresh()
            page = catalogue.find(Query(sort="name", limit=200), anyone)
            numbers = [entry.version for entry in page.entries if entry.name == "a"]
            # Versions are saved in pairs' order and deleted all at once.
            if numbers not in ([1, 2, 3], []) or page.total != len(page.entries):
                problems.append(numbers)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(20):
        add(store, f"b{number}")
    repository.registry("a").delete([1, 2, 3])
    for number in range(20):
        repository.registry(f"b{number}").delete([1])
    is_over.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert found(catalogue) == []
