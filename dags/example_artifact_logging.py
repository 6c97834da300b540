"""Keeps the files, plots and texts of a plain task as artifacts, and gets one of them back in a later task."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from airflow.sdk import DAG, task

from airflow_artifacts import (
    download_artifacts,
    load_dict,
    log_artifact,
    log_artifacts,
    log_dict,
    log_figure,
    log_text,
)

SCORES = [0.31, 0.52, 0.66, 0.71, 0.73]


def write_files(folder: Path) -> None:
    """Write what a training writes: its configuration, a table, and a folder of results."""
    (folder / "config.yaml").write_text("learning_rate: 0.1\nepochs: 5\n")
    with (folder / "scores.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("epoch", "score"), *enumerate(SCORES, 1)])
    (folder / "predictions" / "raw").mkdir(parents=True)
    (folder / "predictions" / "best.txt").write_text("epoch 5")
    (folder / "predictions" / "raw" / "epoch-5.txt").write_text("0.73")


# [START log]
@task
def train() -> str:
    """Logs everything that a training leaves, and gives the URI of its plot."""
    from matplotlib.figure import Figure

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder)
        log_artifact(folder / "config.yaml")  # the artifact config.yaml
        log_artifact(folder / "scores.csv", "results", tags=["training"])  # results/scores.csv
        log_artifacts(folder / "predictions", "results/predictions")  # one artifact, with all files of the folder

    log_dict({"best": max(SCORES), "epochs": len(SCORES)}, "results/summary.json")
    log_text("The score still grows.\n", "results/notes.txt", metadata={"author": "train"})

    figure = Figure()
    figure.add_subplot().plot(range(1, len(SCORES) + 1), SCORES, marker="o")
    plot = log_figure(figure, "results/scores.png", metadata={"epochs": len(SCORES)})
    return str(plot["uri"])
    # [END log]


# [START download]
@task
def publish(uri: str) -> dict[str, object]:
    """Downloads the plot by its URI, to a folder that goes away with the task."""
    path = download_artifacts(uri)
    summary = load_dict("artifact://results/summary.json")  # without a version, the latest
    return {"file": path.name, "bytes": path.stat().st_size, "best": summary["best"]}
    # [END download]


with DAG(
    "example_artifact_logging", schedule=None, catchup=False, doc_md=__doc__, tags=["airflow-artifacts"]
) as dag:
    publish(train())  # type: ignore[arg-type]
