"""What the commands do. Airflow imports this when one of them is called."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from airflow_artifacts.cli.printing import cell, details, print_details, print_rows, summary
from airflow_artifacts.cli.terminal import command, confirm, quiet, say
from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.distiset.markdown import size
from airflow_artifacts.storage import connection_of

if TYPE_CHECKING:
    from argparse import Namespace

    from fsspec import AbstractFileSystem

    from airflow_artifacts.artifacts import ArtifactRepository
    from airflow_artifacts.artifacts.verifying import Finding
    from airflow_artifacts.pruning import Prunable
    from airflow_artifacts.storage.checking import Check

_LIST = ("name", "version", "label", "kind", "size", "created_at", "dag_id", "run_id", "task_id")
_VERSIONS = (*_LIST[1:], "map_index", "tags")
_PRUNE = (*_LIST[:6], "action")
_VERIFY = ("problem", "name", "version", "key", "detail", "age")


@command
def list_command(args: Namespace) -> None:
    """List artifacts."""
    versions = ArtifactClient().list_artifacts(args.prefix)
    print_rows([summary(version) for version in versions], _LIST, args.output)


@command
def show_command(args: Namespace) -> None:
    """Show a version."""
    repository = ArtifactClient().repository
    version = repository.find(args.reference).version
    print_details(details(version, repository.store.url(version.path)), args.output)


@command
def versions_command(args: Namespace) -> None:
    """List the versions of an artifact."""
    versions = ArtifactClient().list_artifact_versions(
        args.name,
        metadata=dict(args.metadata),
        tags=args.tag,
        dag_id=args.dag_id,
        run_id=args.run_id,
        task_id=args.task_id,
        created_after=args.created_after,
        created_before=args.created_before,
    )
    print_rows([summary(version) for version in versions], _VERSIONS, args.output)


@command
def download_command(args: Namespace) -> None:
    """Copy the files of a version."""
    print(ArtifactClient().download_artifacts(args.reference, args.destination))  # noqa: T201


@command
def delete_command(args: Namespace) -> None:
    """Delete a version."""
    repository = ArtifactClient().repository
    name, version = args.reference
    number = _unfinished(repository, name, version)
    if number is None:
        found = repository.get(name, version)
        number = found.version
        confirm(
            f"Delete {found.uri}, {found.size:,} bytes, saved at {found.created_at:%Y-%m-%d %H:%M}?", yes=args.yes
        )
    repository.delete(name, [number])
    say(f"Deleted artifact://{name}@{number}.")


def _unfinished(repository: ArtifactRepository, name: str, version: str) -> int | None:
    """Give the number of a version whose deletion was interrupted: there is nothing to ask any more."""
    if not version.isdecimal():
        return None
    changes = repository.registry(name).changes()
    return int(version) if int(version) in changes.deleted - changes.erased else None


@command
def prune_command(args: Namespace) -> None:
    """Delete old versions."""
    from airflow_artifacts.pruning import PruneRule, Pruning

    if args.keep is None and args.older_than is None:
        raise SystemExit("Give --keep, --older-than or both: what may go?")
    rule = PruneRule(args.keep, args.older_than)
    pruning = Pruning(ArtifactClient().repository, rule, _filesystem, args.name)
    found = pruning.find()
    if args.dry_run or not found:
        print_rows([_prunable(each) for each in found], _PRUNE, args.output)
        return
    if not args.yes:
        print_rows([_prunable(each) for each in found], _PRUNE, args.output)
        confirm(f"Delete {len(found)} versions, {sum(each.version.size for each in found):,} bytes?", yes=False)
        deleted = pruning.delete(found)
    else:
        deleted = pruning.delete()
        print_rows([_prunable(each) for each in deleted], _PRUNE, args.output)
    say(f"Deleted {len(deleted)} versions, {sum(each.version.size for each in deleted):,} bytes.")


@command
def verify_command(args: Namespace) -> None:
    """Read all that is kept again."""
    from airflow_artifacts.artifacts.verifying import verify
    from airflow_artifacts.cli.progress import ProgressLine, duration

    repository = ArtifactClient().repository
    with ProgressLine() as line:
        report = verify(repository, args.name, line.update)
    if report.findings or args.output in {"json", "yaml"}:
        print_rows([_finding(each) for each in report.findings], _VERIFY, args.output)
    damage = sum(not each.is_harmless for each in report.findings)
    found = f"{damage:,} findings." if damage else "all that was saved is there, unchanged."
    counts = f"{report.versions:,} versions with {report.files:,} files, {size(report.size)}"
    say(f"Checked {counts}, in {duration(line.seconds)}: {found}")
    if not report.is_well:
        raise SystemExit(1)


@command
def check_store_command(args: Namespace) -> None:
    """Try out a root."""
    from airflow_artifacts.storage.checking import Check, check_store, explain

    what = "Open the root"
    with quiet():
        try:
            store = ArtifactClient(args.root).repository.store
        except Exception as error:  # hooks of providers raise what they like
            _print_check(explain(what, error))
            raise SystemExit(1) from error
        say(f"Trying out {store.root}")
        _print_check(Check(what))
        if not all(check.is_well for check in check_store(store, _print_check)):
            raise SystemExit(1)


def _print_check(check: Check) -> None:
    if check.is_well:
        print(f"ok      {check.what}", flush=True)  # noqa: T201
        return
    problem = check.problem if check.problem.endswith((".", "!", "?")) else f"{check.problem}."
    print(f"FAILED  {cell(f'{check.what}: {problem} {check.remedy}'.strip())}", flush=True)  # noqa: T201


def _finding(finding: Finding) -> dict[str, object]:
    since = finding.since
    age = None if since is None else datetime.now(timezone.utc) - since
    return {
        "problem": finding.problem,
        "name": finding.name,
        "version": finding.version,
        "key": finding.key,
        "detail": finding.detail,
        "since": None if since is None else since.isoformat(timespec="seconds"),
        "age": None if age is None else f"{age.days} d" if age.days else f"{age.seconds // 60} min",
    }


def _prunable(prunable: Prunable) -> dict[str, object]:
    action = "finish deletion" if prunable.is_deleted else "delete"
    return {**summary(prunable.version), "action": action}


def _filesystem(url: str) -> AbstractFileSystem | None:
    """Give the file system of a URL with a connection; without one, Airflow need not be asked."""
    if connection_of(url) is None:
        return None
    from airflow_artifacts.connections import filesystem_for

    return filesystem_for(url)
