"""A DAG each run of which makes new versions: of a report, whose parent is the one before, and of a plot."""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from airflow_artifacts import load_text, log_figure, log_table, log_text


@task
def report(number: str) -> None:
    import pyarrow as pa
    from matplotlib.figure import Figure

    count = int(number)
    if count > 1:
        load_text("artifact://model/report.md")
    metadata = {"accuracy": 0.5 + count / 10, "loss": 1 / count, "note": f"run {count}"}
    text = f"# Report {count}\n\nThe same line.\n\nA line of run {count}.\n"
    log_text(text, "model/report.md", metadata=metadata, tags=["model", f"run-{count}"])
    figure = Figure()
    figure.add_subplot().plot(range(count + 1))
    log_figure(figure, "model/plot.png", metadata={"points": count})
    columns = {"a": [1] * count, "b": [2] * count} if count < 3 else {"a": [1] * count, "c": ["x"] * count}
    log_table(pa.table(columns), "model/table.parquet")


with DAG("versions", schedule=None, max_active_runs=1, params={"number": Param("1", type="string")}):
    report("{{ params.number }}")
