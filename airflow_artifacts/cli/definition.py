"""The commands, as Airflow's parser takes them. It imports little: Airflow imports it whenever it is called."""

from __future__ import annotations

from typing import Any

from airflow.cli.cli_config import (
    ARG_OUTPUT,
    ARG_YES,
    ActionCommand,
    Arg,
    CLICommand,
    GroupCommand,
    lazy_load_command,
)

from airflow_artifacts.cli.arguments import age, count, metadata_item, moment, version_reference


def _arg(flag: str, **options: Any) -> Arg:
    return Arg((flag,), **options)  # type: ignore[no-untyped-call]


_REFERENCE = _arg(
    "reference",
    metavar="NAME[@VERSION]",
    help="An artifact's name for its latest version, or with a number or a label; or an artifact:// or run:// URI",
)
_NAME = _arg("name", metavar="NAME", help="An artifact's name")

_LIST = (
    _arg(
        "prefix",
        metavar="PREFIX",
        nargs="?",
        default="",
        help="How names begin; or run://DAG/RUN, run://DAG/RUN/TASK for what a run or a task saved",
    ),
    ARG_OUTPUT,
)
_VERSIONS = (
    _NAME,
    _arg(
        "--metadata",
        metavar="KEY=VALUE",
        type=metadata_item,
        action="append",
        default=[],
        help="Only versions with this metadata; the value is JSON, or else a text. May be given several times",
    ),
    _arg(
        "--tag",
        metavar="TAG",
        action="append",
        default=[],
        help="Only versions with this tag; several: with all",
    ),
    _arg("--dag-id", help="Only versions that this DAG saved"),
    _arg("--run-id", help="Only versions that this DAG run saved"),
    _arg("--task-id", help="Only versions that this task saved"),
    _arg(
        "--created-after",
        metavar="TIME",
        type=moment,
        help="Only versions saved later, ISO 8601, UTC by default",
    ),
    _arg(
        "--created-before",
        metavar="TIME",
        type=moment,
        help="Only versions saved earlier, ISO 8601, UTC by default",
    ),
    ARG_OUTPUT,
)
_DOWNLOAD = (
    _REFERENCE,
    _arg("destination", metavar="DEST", help="Folder for the files; it is made"),
)
_DELETE = (
    _arg("reference", metavar="NAME@VERSION", type=version_reference, help="A name with a number or a label"),
    ARG_YES,
)
_PRUNE = (
    _arg(
        "name",
        metavar="NAME",
        nargs="?",
        default="",
        help="Only the artifact of this name; where there is none, those whose names begin so",
    ),
    _arg(
        "--keep",
        metavar="N",
        type=count,
        help="Keep the N newest versions of each name",
    ),
    _arg("--older-than", metavar="AGE", type=age, help="Keep what is younger: 12h, 30d, 4w"),
    _arg("--dry-run", action="store_true", help="Only show what would be deleted"),
    ARG_YES,
    ARG_OUTPUT,
)
_VERIFY = (
    _arg(
        "name",
        metavar="NAME",
        nargs="?",
        default="",
        help="Only the artifact of this name; where there is none, those whose names begin so",
    ),
    ARG_OUTPUT,
)
_CHECK_STORE = (
    _arg(
        "root",
        metavar="ROOT",
        nargs="?",
        help="URL or absolute path of a root; by default the configured one",
    ),
)


def get_artifacts_cli_commands() -> list[CLICommand]:
    """Give the group ``artifacts``."""
    return [
        GroupCommand(
            name="artifacts",
            help="List, show, download, delete and verify the artifacts that tasks saved",
            subcommands=(
                _command("list", "List artifacts, each with its latest version", _LIST),
                _command("show", "Show all that is known of a version", (_REFERENCE, ARG_OUTPUT)),
                _command("versions", "List the versions of an artifact", _VERSIONS),
                _command(
                    "download", "Copy the files of a version to a folder, and print where they are", _DOWNLOAD
                ),
                _command("delete", "Delete a version", _DELETE),
                _command(
                    "prune",
                    "Delete old versions: never the latest one of a name, nor any that a data set refers to",
                    _PRUNE,
                ),
                _command(
                    "verify",
                    "Read all that is kept again, and say what is missing, damaged or too much",
                    _VERIFY,
                ),
                _command("check-store", "Try out a root, and say what is wrong with it", _CHECK_STORE),
            ),
        )
    ]


def _command(name: str, text: str, args: tuple[Arg, ...]) -> ActionCommand:
    func = lazy_load_command(f"airflow_artifacts.cli.commands.{name.replace('-', '_')}_command")
    return ActionCommand(name=name, help=text, func=func, args=args)
