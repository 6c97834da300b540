"""A DAG that logs tables, as Parquet, CSV and JSON Lines."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

from airflow.sdk import DAG, task

from airflow_artifacts import log_artifact, log_table

ROWS = [{"number": number, "square": number**2, "word": f"word {number}"} for number in range(1000)]


@task
def write() -> None:
    import pyarrow as pa

    log_table(pa.Table.from_pylist(ROWS), "tables/squares.parquet", metadata={"rows": len(ROWS)}, tags=["table"])
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, "squares.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(ROWS[0]))
            writer.writeheader()
            writer.writerows(ROWS)
        Path(folder, "squares.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
        log_artifact(Path(folder, "squares.csv"), "tables", tags=["table"])
        log_artifact(Path(folder, "squares.jsonl"), "tables", tags=["table"])


with DAG("tables", schedule=None):
    write()
