"""What a data set is after a push: schemas that are compared and joined, and parts that are kept or replaced."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_artifacts.artifacts import FileRecord
from airflow_artifacts.distiset.manifest import Manifest, SavedArtifact, SavedSplit, SavedSubset, schema_text
from airflow_artifacts.distiset.merging import (
    SchemaChanges,
    compare,
    fit_surveys,
    merged,
    refuse_type_changes,
)
from airflow_artifacts.distiset.survey import survey
from airflow_artifacts.exceptions import DistisetError, SchemaChangeError
from tests.distiset.support import distiset


def schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema(types.items())


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": pa.int64()}, {"a": pa.int64()}, SchemaChanges()),
        ({"a": pa.int64()}, {"b": pa.int64(), "a": pa.int64()}, SchemaChanges(added=("b",))),
        ({"a": pa.int64(), "b": pa.null()}, {"a": pa.int64()}, SchemaChanges(removed=("b",))),
        ({"a": pa.int64()}, {"a": pa.float64()}, SchemaChanges(retyped={"a": ("int64", "double")})),
        ({"a": pa.null()}, {"a": pa.string()}, SchemaChanges()),
        ({"a": pa.string()}, {"a": pa.null()}, SchemaChanges()),
        ({"a": pa.list_(pa.null())}, {"a": pa.list_(pa.string())}, SchemaChanges()),
        ({"a": pa.struct({"x": pa.null()})}, {"a": pa.struct({"x": pa.list_(pa.int64())})}, SchemaChanges()),
        (
            {"a": pa.struct({"x": pa.int64(), "y": pa.int64()})},
            {"a": pa.struct({"y": pa.int64(), "x": pa.int64()})},
            SchemaChanges(),
        ),
        (
            {"a": pa.list_(pa.int64())},
            {"a": pa.int64()},
            SchemaChanges(retyped={"a": ("list<element: int64>", "int64")}),
        ),
        (
            {"a": pa.struct({"x": pa.int64()})},
            {"a": pa.struct({"z": pa.int64()})},
            SchemaChanges(retyped={"a": ("struct<x: int64>", "struct<z: int64>")}),
        ),
    ],
)
def test_schemas_are_compared(old: Any, new: Any, changes: SchemaChanges) -> None:
    found = compare(schema(**old), schema(**new))
    shown = {
        name: tuple(each.replace("item:", "element:") for each in both) for name, both in found.retyped.items()
    }
    assert (found.added, found.removed, shown) == (changes.added, changes.removed, changes.retyped)
    assert bool(found) == bool(changes.added or changes.removed or changes.retyped)


def test_types_that_change_are_refused_unless_they_are_meant() -> None:
    changes = SchemaChanges(retyped={"a": ("int64", "string"), "b": ("string", "int64")})
    with pytest.raises(
        SchemaChangeError, match=r"'a' was int64 and is string; 'b' was string and is int64"
    ) as caught:
        refuse_type_changes("s", changes, allowed=False)
    assert (caught.value.column, caught.value.retryable) == ("a", False)
    refuse_type_changes("s", changes, allowed=True)
    refuse_type_changes("s", SchemaChanges(added=("a",), removed=("b",)), allowed=False)


def subset(name: str, *parts: str, **types: pa.DataType) -> SavedSubset:
    splits = tuple(SavedSplit("train", 1, 10, (path_of(name, part),), part) for part in parts)
    return SavedSubset(name, schema_text(schema(**(types or {"x": pa.int64()}))), splits)


def path_of(name: str, part: str) -> str:
    return f"{name}/train-{part}-0.parquet" if part else f"{name}/train-0.parquet"


def manifest(*subsets: SavedSubset, artifacts: tuple[SavedArtifact, ...] = (), texts: bool = True) -> Manifest:
    paths = [path for each in subsets for path in each.files]
    paths += [f"{each.folder}/{file}" for each in artifacts for file in (*each.files, "metadata.json")]
    files = tuple(FileRecord(path, 1, "0" * 64) for path in [*paths, *(["README.md"] if texts else [])])
    return Manifest("m", subsets, artifacts, (), None, files)


def artifact(part: str, name: str = "plot") -> SavedArtifact:
    folder = f"artifacts/{part}/count/{name}" if part else f"artifacts/count/{name}"
    return SavedArtifact("count", name, None, folder, ("x.png",), {}, part)


def test_without_a_part_all_is_replaced() -> None:
    old, new = manifest(subset("a", "", "p")), manifest(subset("b", ""), texts=False)
    assert merged(old, new, "") is new
    assert merged(None, new, "p") is new


@given(
    old=st.dictionaries(st.sampled_from("abc"), st.sets(st.sampled_from(["", "p", "q", "r"]), min_size=1)),
    new=st.sets(st.sampled_from("abc"), min_size=1),
    drawn=st.sets(st.sampled_from(["", "p", "q"])),
    has_artifact=st.booleans(),
)
def test_a_part_replaces_only_its_own(
    old: dict[str, set[str]], new: set[str], drawn: set[str], has_artifact: bool
) -> None:
    before = manifest(
        *(subset(name, *sorted(parts)) for name, parts in old.items()),
        artifacts=tuple(artifact(part) for part in sorted(drawn)),
    )
    pushed = manifest(
        *(subset(name, "p") for name in sorted(new)),
        artifacts=(artifact("p"),) if has_artifact else (),
        texts=False,
    )
    after = merged(before, pushed, "p")
    expected = {(name, part) for name, parts in old.items() for part in parts if part != "p"}
    expected |= {(name, "p") for name in new}
    assert {(each.name, part.part) for each in after.subsets for part in each.parts} == expected
    assert all(list(each.parts) == sorted(each.parts, key=lambda part: part.part) for each in after.subsets)
    artifacts = [
        part for part in sorted(drawn | ({"p"} if has_artifact else set())) if part != "p" or has_artifact
    ]
    assert [each.part for each in after.artifacts] == artifacts
    paths = [file.path for file in after.files]
    folders = {each.folder for each in after.artifacts}
    assert paths == sorted(set(paths))
    assert set(paths) == {path_of(*each) for each in expected} | {
        f"{folder}/{file}" for folder in folders for file in ("x.png", "metadata.json")
    }
    assert merged(after, pushed, "p") == after


def test_columns_of_both_are_kept() -> None:
    before = manifest(subset("a", "q", x=pa.int64(), theirs=pa.string()))
    after = merged(before, manifest(subset("a", "p", x=pa.float64(), mine=pa.string())), "p")
    assert after.subsets[0].arrow_schema == schema(x=pa.float64(), mine=pa.string(), theirs=pa.string())
    with pytest.raises(DistisetError, match="no type holds both"):
        merged(before, manifest(subset("a", "p", x=pa.string())), "p")


def test_what_only_a_part_had_goes_with_it() -> None:
    before = manifest(subset("a", "q", x=pa.int64(), y=pa.string()))
    after = merged(before, manifest(subset("a", "p", x=pa.int64(), n=pa.int64())), "p")
    assert after.subsets[0].arrow_schema == schema(x=pa.int64(), n=pa.int64(), y=pa.string())
    again = manifest(subset("a", "p", x=pa.int64(), n=pa.string()))
    changed = merged(after, again, "p")
    assert changed.subsets[0].arrow_schema == schema(x=pa.int64(), n=pa.string(), y=pa.string())
    assert merged(changed, again, "p") == changed
    gone = merged(changed, manifest(subset("b", "p")), "p")
    assert gone.subsets[0].arrow_schema == schema(x=pa.int64(), y=pa.string())


def test_parts_whose_files_would_be_the_same_are_refused() -> None:
    before = manifest(subset("a", ""), artifacts=(artifact(""),))
    twice = SavedArtifact("x", "plot", None, artifact("").folder, ("x.png",), {}, "count")
    with pytest.raises(
        DistisetError, match=r"'count' cannot be used: its file 'artifacts/count/plot/metadata\.json'"
    ):
        merged(before, manifest(subset("a", "count"), artifacts=(twice,)), "count")


def test_surveys_are_fitted_to_what_stays() -> None:
    surveys = {each.name: survey(each, None) for each in distiset({"a": [{"x": 1}], "b": [{"x": 1}]}).subsets}
    before = manifest(subset("a", "q", x=pa.float64(), y=pa.string()), subset("b", "p", x=pa.string()))
    fitted = fit_surveys(surveys, before, "p")
    assert fitted["a"].schema == schema(x=pa.float64())
    assert fitted["b"] == surveys["b"], "nothing of it stays"
    assert fit_surveys(surveys, None, "p") == surveys
    with pytest.raises(DistisetError, match="'b'"):
        fit_surveys(surveys, before, "other")
