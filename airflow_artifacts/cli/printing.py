"""Versions as tables, JSON and YAML."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from airflow.cli.simple_table import AirflowConsole

from airflow_artifacts.distiset.markdown import size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_artifacts.artifacts import ArtifactVersion

    Row = dict[str, Any]

_PRODUCER = ("dag_id", "run_id", "task_id", "map_index")


def summary(version: ArtifactVersion) -> Row:
    """Give what lists say of a version, as JSON values."""
    producer = version.producer
    return {
        "name": version.name,
        "version": version.version,
        "label": version.label,
        "kind": version.kind,
        "size": version.size,
        "created_at": version.created_at.isoformat(timespec="seconds"),
        **{key: None if producer is None else getattr(producer, key) for key in _PRODUCER},
        "tags": list(version.tags),
        "metadata": version.metadata,
        "uri": version.uri,
    }


def details(version: ArtifactVersion, url: str) -> Row:
    """Give everything that is known of a version, as JSON values.

    Args:
        version: The version.
        url: URL of the folder that has its files.
    """
    return {
        "name": version.name,
        "version": version.version,
        "label": version.label,
        "uri": version.uri,
        "kind": version.kind,
        "codec": version.codec,
        "media_type": version.media_type,
        "size": version.size,
        "created_at": version.created_at.isoformat(),
        "tags": list(version.tags),
        "step": version.step,
        "producer": None if version.producer is None else asdict(version.producer),
        "parents": list(version.parents),
        "metadata": version.metadata,
        "metadata_history": [asdict(change) for change in version.metadata_history],
        "url": url,
        "files": [asdict(file) for file in version.files],
    }


def print_rows(rows: Sequence[Row], columns: Sequence[str], output: str) -> None:
    """Print one line for each row; JSON and YAML have all that is in the rows, and not only the columns."""
    if output in {"json", "yaml"}:
        _print_data(rows, output)
    else:
        shown = [{column: row[column] for column in columns} for row in rows]
        _print_table([_readable(row) if output == "table" else row for row in shown], output)


def print_details(row: Row, output: str) -> None:
    """Print one row, in a table with a line for each item."""
    if output in {"json", "yaml"}:
        _print_data([row], output)
    else:
        lines = _lines(
            row if output == "plain" else {**_readable(row), "files": list(map(_readable, row["files"]))}
        )
        _print_table([{"property_name": name, "property_value": value} for name, value in lines], output)


def _lines(row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name in {"metadata", "producer"} and value:
            yield from ((f"{name} {key}", item) for key, item in value.items())
        elif name == "metadata_history":
            yield from ((f"metadata of {change['created_at']}", change["metadata"]) for change in value)
        elif name == "parents":
            yield from (("parent", parent) for parent in value)
        elif name == "files":
            yield from ((f"file {file['path']}", f"{file['size']}, SHA-256 {file['sha256']}") for file in value)
        else:
            yield name, value


def _readable(row: Row) -> Row:
    """Write sizes and times for people; times are in UTC."""
    shown = {**row, "size": size(row["size"])} if "size" in row else dict(row)
    if "created_at" in row:
        shown["created_at"] = row["created_at"][:16].replace("T", " ")
    return shown


def _print_data(rows: Sequence[Row], output: str) -> None:
    console = AirflowConsole()
    if console.is_terminal:
        show: Callable[[Any], None] = console.print_as_json if output == "json" else console.print_as_yaml
        show(list(rows))
    elif output == "json":  # colours for nobody would take longer than all the rest
        print(json.dumps(list(rows)))  # noqa: T201
    else:
        import yaml

        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        print(yaml.dump(list(rows), Dumper=dumper), end="")  # noqa: T201


def _print_table(rows: Sequence[Row], output: str) -> None:
    from tabulate import tabulate  # type: ignore[import-untyped]

    cells = [{column: cell(value) for column, value in row.items()} for row in rows]
    if output == "table":
        AirflowConsole(markup=False, emoji=False).print_as_table(cells)
    elif cells:
        # Airflow's own way would make the number 1.1 of a label such as 1.10.
        print(tabulate([row.values() for row in cells], list(cells[0]), "plain", disable_numparse=True))  # noqa: T201
    else:
        print("No data found")  # noqa: T201


def cell(value: Any) -> str:
    """Write a value in one line, without what a terminal would take for a command."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        value = ", ".join(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
