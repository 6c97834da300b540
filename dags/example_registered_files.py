"""Makes artifacts of files that are there already: by reference, where they stay, and by copy."""

from __future__ import annotations

import tempfile
from pathlib import Path

from airflow.sdk import DAG, task

from airflow_artifacts import load_artifact, log_dict, register_artifact

FOLDER = Path(tempfile.gettempdir()) / "example_registered_files"


@task
def measure() -> str:
    """Stands for another system, which leaves its files where all workers see them."""
    FOLDER.mkdir(exist_ok=True)
    for day, values in {"monday": (3, 5), "tuesday": (8, 13)}.items():
        (FOLDER / f"{day}.csv").write_text("value\n" + "".join(f"{value}\n" for value in values))
    return str(FOLDER)


# [START register]
@task
def register(folder: str) -> str:
    """Registers a folder and a file; instead of a path it may be s3://conn_id@bucket/folder, or https://host/file."""
    measurements = register_artifact(folder, "measurements", copy=False, metadata={"sensor": "north"})
    register_artifact(f"{folder}/monday.csv", "measurements/monday")
    return str(measurements["uri"])
    # [END register]


@task
def add_up(uri: str) -> int:
    """Loads the folder from where it is; a file that was changed meanwhile would be an error."""
    files = sorted(load_artifact(uri).glob("*.csv"))
    sums = {file.stem: sum(map(int, file.read_text().split()[1:])) for file in files}
    log_dict(sums, "sums.json")
    return sum(sums.values())


with DAG(
    "example_registered_files", schedule=None, catchup=False, doc_md=__doc__, tags=["airflow-artifacts"]
) as dag:
    add_up(register(measure()))  # type: ignore[arg-type]
