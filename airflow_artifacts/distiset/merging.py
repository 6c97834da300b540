"""What a data set is after a push, given what it was before: schemas, rows and files that stay, go or come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from airflow_artifacts.distiset.manifest import schema_text
from airflow_artifacts.exceptions import DistisetError, SchemaChangeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from airflow_artifacts.distiset.manifest import Manifest, SavedSplit, SavedSubset
    from airflow_artifacts.distiset.survey import Survey


@dataclass(frozen=True)
class SchemaChanges:
    """How the columns of a subset differ from those before.

    Attributes:
        added: Columns that were not there.
        removed: Columns that are not there any more.
        retyped: Columns of another type: the old one, and the new one.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped)


def compare(old: pa.Schema, new: pa.Schema) -> SchemaChanges:
    """Compare two schemas. A column that had no value at all, before or now, fits to any type."""
    before, after = set(old.names), set(new.names)
    return SchemaChanges(
        tuple(name for name in new.names if name not in before),
        tuple(name for name in old.names if name not in after),
        {
            name: (str(old.field(name).type), str(new.field(name).type))
            for name in new.names
            if name in before and not _fits(old.field(name).type, new.field(name).type)
        },
    )


def _fits(old: pa.DataType, new: pa.DataType) -> bool:
    import pyarrow.types as arrow

    if arrow.is_null(old) or arrow.is_null(new) or old.equals(new):
        return True
    if arrow.is_list(old) and arrow.is_list(new):
        return _fits(old.value_type, new.value_type)
    if arrow.is_struct(old) and arrow.is_struct(new):
        fields = {each.name: each.type for each in new}
        return fields.keys() == {each.name for each in old} and all(
            _fits(each.type, fields[each.name]) for each in old
        )
    return False


def refuse_type_changes(subset: str, changes: SchemaChanges, *, allowed: bool) -> None:
    """Refuse columns of other types, unless they are meant.

    Raises:
        SchemaChangeError: There are some.
    """
    if changes.retyped and not allowed:
        raise SchemaChangeError(subset, changes.retyped)


def fit_surveys(surveys: Mapping[str, Survey], before: Manifest | None, part: str) -> dict[str, Survey]:
    """Give the surveys with types that also hold the rows which stay, for rows that are appended to them.

    Args:
        surveys: What is known of the new rows.
        before: The manifest that is there, None where none is.
        part: What is replaced.

    Raises:
        DistisetError: No type holds both.
    """
    there = {subset.name: subset for subset in without(before, part).subsets} if before else {}
    return {
        name: replace(survey, schema=_fitted(there[name], survey.schema)) if name in there else survey
        for name, survey in surveys.items()
    }


def _fitted(old: SavedSubset, new: pa.Schema) -> pa.Schema:
    """Give new rows the types of those that stay, but none of their columns, which may change with their part."""
    import pyarrow as pa

    unified = _unified(old, [*old.part_schemas, new])
    return pa.schema([unified.field(name) for name in new.names])


def _unified(old: SavedSubset, schemas: Sequence[pa.Schema]) -> pa.Schema:
    import pyarrow as pa

    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        raise DistisetError(
            f"Rows cannot be appended to subset {old.name!r}: no type holds both what is there and what is new "
            f"({error}). Nothing was pushed. Convert the values in a step before, or push without append=True."
        ) from error


def merged(before: Manifest | None, new: Manifest, part: str) -> Manifest:
    """Give the manifest of the data set after a push.

    Args:
        before: The manifest that is there, None where none is.
        new: The manifest of what is pushed.
        part: What is replaced of a data set that is appended to, empty where all of it is replaced.

    Raises:
        DistisetError: A file of the part has the path of another one, or no type holds old and new rows.
    """
    if before is None or not part:
        return new
    kept = without(before, part)
    subsets = {subset.name: subset for subset in kept.subsets}
    for subset in new.subsets:
        subsets[subset.name] = _joined(subsets[subset.name], subset) if subset.name in subsets else subset
    if twice := {file.path for file in kept.files} & {file.path for file in new.files}:
        raise DistisetError(
            f"The part {part!r} cannot be used: its file {min(twice)!r} would replace that of another part. "
            "Nothing was pushed. Give the part another name, which is not that of a task."
        )
    artifacts = tuple(sorted((*kept.artifacts, *new.artifacts), key=lambda each: each.part))
    files = tuple(sorted((*kept.files, *new.files), key=lambda file: file.path))
    return replace(new, subsets=tuple(subsets.values()), artifacts=artifacts, files=files)


def _joined(old: SavedSubset, new: SavedSubset) -> SavedSubset:
    """Put parts of a subset together. Each remembers its schema, so that what only it has can go with it."""
    parts = [replace(part, schema=part.schema or subset.schema) for subset in (old, new) for part in subset.parts]
    return _of_parts(new, sorted(parts, key=lambda each: each.part))


def _of_parts(subset: SavedSubset, parts: Sequence[SavedSplit]) -> SavedSubset:
    """Give a subset these parts, and the schema of them: whatever was there before, it is always the same one."""
    subset = replace(subset, parts=tuple(parts))
    return replace(subset, schema=schema_text(_unified(subset, subset.part_schemas))) if parts else subset


def without(manifest: Manifest, part: str) -> Manifest:
    """Leave out what was pushed before as the same part, and the texts, which are written anew."""
    subsets = [
        _of_parts(subset, [each for each in subset.parts if each.part != part]) for subset in manifest.subsets
    ]
    artifacts = tuple(each for each in manifest.artifacts if each.part != part)
    kept = {file for subset in subsets for file in subset.files}
    kept |= {path for each in artifacts for path in each.paths}
    files = tuple(file for file in manifest.files if file.path in kept)
    return replace(
        manifest, subsets=tuple(subset for subset in subsets if subset.parts), artifacts=artifacts, files=files
    )
