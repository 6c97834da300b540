"""Runs the example DAG and says where its results lie."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.exceptions import ArtifactsError
from airflow_artifacts.storage import connection_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_artifacts.storage import ObjectStore

DATA_SET = "datasets/text_statistics"


def parse() -> argparse.Namespace:
    """Read the command line; a local path becomes one that is the same in every process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", help="a JSON Lines, CSV or Parquet file")
    parser.add_argument("--column", default="text", help="its column with the text")
    parser.add_argument("--root", default="", help="folder or URL for rows, artifacts and registry")
    parser.add_argument("--output", default="", help=f"folder or URL for the data set; {DATA_SET} below --root")
    parser.add_argument("--repo-id", default="", help="repository on the Hugging Face Hub for the data set")
    arguments = parser.parse_args()
    if not arguments.root and not arguments.output:
        parser.error("--output or --root has to say where the data set goes")
    arguments.output = arguments.output or f"{arguments.root.rstrip('/')}/{DATA_SET}"
    for name in ("root", "output"):
        place = getattr(arguments, name)
        if place and "://" not in place:
            setattr(arguments, name, str(Path(place).absolute()))
    return arguments


def open_store(root: str) -> ObjectStore:
    """Open a store that can be listed; what is wrong with it is an ArtifactsError."""
    store = ArtifactClient(root).repository.store
    store.list(DATA_SET)
    return store


def run(arguments: argparse.Namespace) -> int:
    """Run the DAG, and give the exit code."""
    parameters = {"text_column": arguments.column, "output_path": arguments.output}
    if arguments.input:
        parameters["input_path"] = str(Path(arguments.input).resolve())
    if arguments.repo_id:
        parameters["repo_id"] = arguments.repo_id
    airflow = [sys.executable, "-W", "ignore", "-m", "airflow"]
    # What is wrong with a store is easier to read here than in a task's log. Connections are in the database.
    urls = [place for place in (arguments.root, arguments.output) if "://" in place]
    for url in urls:
        if connection_of(url) is None:
            open_store(url)
    subprocess.run([*airflow, "db", "migrate"], check=True, stdout=subprocess.DEVNULL)
    for url in urls:
        if connection_of(url) is not None:
            open_store(url)
    command = [*airflow, "dags", "test", "example_text_statistics", "--conf", json.dumps(parameters)]
    code = subprocess.run(command, check=False).returncode
    if code:
        sys.stderr.write("The DAG run failed: see the error above.\n")
    return code


def show(arguments: argparse.Namespace) -> None:
    """Print where things are."""
    store = open_store(arguments.output)

    def place(key: str = "") -> str:
        return f"{store.root if '://' in arguments.output else arguments.output}/{key}".rstrip("/")

    # Where a store keeps an earlier data set too, the later one has the greater name.
    plot = max((info.key for info in store.list() if info.key.endswith(".png")), default="")
    lines = {"Data set": place(), "Card": place("README.md"), "Plot": place(plot) if plot else "none"}
    if arguments.root:
        root = open_store(arguments.root)
        lines |= {"Rows": root.url("runs"), "Registry": root.url("registry")}
    sys.stdout.write("\n" + "".join(f"{f'{name}:':<10}{text}\n" for name, text in lines.items()))


def run_and_show(arguments: argparse.Namespace) -> int:
    """Run the DAG, and say where things are; give the exit code."""
    code = run(arguments)
    if not code:
        show(arguments)
    return code


def main(act: Callable[[argparse.Namespace], int] = run_and_show) -> int:
    """Run a demo; give the exit code."""
    arguments = parse()
    if arguments.input and not Path(arguments.input).exists():
        sys.stderr.write(f"There is no file {arguments.input}. Give INPUT=<path of a file>.\n")
        return 2
    if arguments.root:
        os.environ["AIRFLOW__AIRFLOW_ARTIFACTS__ROOT"] = arguments.root
    try:
        return act(arguments)
    except ArtifactsError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
