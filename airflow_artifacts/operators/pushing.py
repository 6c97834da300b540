"""What DistisetPushOperator is told of where to push, and what it says of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_artifacts.distiset.card import check_template
from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.hub import check_repo_id
from airflow_artifacts.steps.templates import has_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_artifacts.distiset import PushedDistiset
    from airflow_artifacts.distiset.manifest import Manifest
    from airflow_artifacts.storage import Producer

_SHOWN = 20  # paths in a line of the log, of what was done


def check_places(task_id: str, path: str | None, repo_id: str | None) -> None:
    """Refuse a data set that would be nowhere, or elsewhere on each worker.

    Raises:
        DistisetError: There is neither a path nor a repository, or the path is relative.
        HubRefusedError: The id of the repository is malformed.
    """
    if not path and not repo_id:
        raise DistisetError(
            f"The task {task_id!r} has no place for the data set. Give path=, a folder or the URL of one, or "
            "repo_id=, a repository on the Hugging Face Hub."
        )
    if path and "://" not in path and not path.startswith(("/", "~")) and not has_template(path):
        raise DistisetError(f"The path of the task {task_id!r} is {path!r}. Give an absolute path, or a URL.")
    if repo_id and not has_template(repo_id):
        check_repo_id(repo_id)


def read_template(template: str | Path | None, folder: Path) -> str | None:
    """Read the template of a card, while the DAG is parsed.

    Args:
        template: A file with the extension ``.jinja``, or the text itself.
        folder: Where a relative path begins: the folder of the DAG's file.

    Raises:
        DistisetError: There is no such file, or it is not Jinja.
    """
    if template is None:
        return None
    if isinstance(template, Path) or template.endswith(".jinja"):
        try:
            template = (folder / template).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DistisetError(f"The template of the card cannot be read: {error}") from error
    check_template(template)
    return template


def part_of(producer: Producer) -> str:
    """Name the part of a data set that a task appends: the same for each run of it for a logical date.

    Runs without a logical date each have a part of their own.
    """
    moment = producer.logical_date
    work = [producer.dag_id, producer.task_id, str(producer.map_index), moment or producer.run_id]
    digest = hashlib.sha256("\n".join(work).encode()).hexdigest()[:8]
    if moment is None:
        return f"run-{digest}"
    utc = dt.datetime.fromisoformat(moment).astimezone(dt.timezone.utc)
    return f"{utc:%Y%m%dT%H%M%SZ}-{digest}"


def rows_of(manifest: Manifest) -> dict[str, dict[str, int]]:
    """Count the rows of each split of each subset."""
    return {subset.name: {split.name: split.rows for split in subset.splits} for subset in manifest.subsets}


def push_ref(pushed: PushedDistiset) -> dict[str, Any]:
    """Give what a push leaves in XCom."""
    commit = pushed.commit
    return {
        "repo_id": pushed.repo_id,
        "url": pushed.url,
        "commit": commit.oid if commit else None,
        "pull_request": commit.pull_request_url if commit else None,
        "rows": rows_of(pushed.manifest),
    }


def describe_push(pushed: PushedDistiset) -> Iterator[str]:
    """Say what a push did, or would do, in lines for the log."""
    commit, changes = pushed.commit, pushed.changes
    if commit is None:
        yield f"Dry run: nothing is pushed to {pushed.url}. A push would"
    elif commit.is_new:
        yield f"Pushed to {commit.pull_request_url or pushed.url}, commit {commit.oid}:"
    else:
        yield f"{pushed.url} has all of it already, at commit {commit.oid}."
        return
    for what, paths in (("add", changes.added), ("delete", changes.deleted)):
        shown = paths if commit is None else paths[:_SHOWN]
        more = f" and {len(paths) - len(shown)} more" if len(paths) > len(shown) else ""
        yield f"  {what} {len(paths)} files: {', '.join(shown) or 'none'}{more}"
    for name in {**changes.rows_before, **changes.rows_after}:
        before, after = changes.rows_before.get(name, 0), changes.rows_after.get(name, 0)
        yield f"  subset {name}: {before:,} rows before, {after:,} after"
    for name, schema in changes.schemas.items():
        retyped = [f"{column} ({old} to {new})" for column, (old, new) in schema.retyped.items()]
        columns = {"new": list(schema.added), "gone": list(schema.removed), "of another type": retyped}
        yield f"  columns of {name}: {', '.join(f'{what} {found}' for what, found in columns.items() if found)}"
