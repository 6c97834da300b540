"""MLflow's ``log_artifact`` within a run, with a tracking database of SQLite, as its documentation has it."""

from __future__ import annotations

from importlib import import_module

from benchmarks._artifacts.measuring import Meter, parse


def main() -> None:
    """Save with MLflow; a task is a run."""
    job = parse()
    meter = Meter("mlflow", job)
    meter.begin()
    mlflow = import_module("mlflow")
    if job.is_preparing:
        mlflow.create_experiment("bench", artifact_location=job.root)
        return
    mlflow.set_experiment("bench")
    saved = 0
    for count in job.counts:
        with mlflow.start_run() as run:
            meter.measure(count, mlflow.log_artifact)
        meter.end(count)
        saved += len(mlflow.MlflowClient().list_artifacts(run.info.run_id))
    meter.write(saved)


if __name__ == "__main__":
    main()
