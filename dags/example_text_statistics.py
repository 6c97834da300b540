"""Counts the characters of texts, draws their distribution, and saves a data set with a card.

Without parameters the texts are the docstrings of the running Python's standard library. With ``input_path`` they
are the column ``text_column`` of the user's own file (JSON Lines, CSV or Parquet).
"""

from __future__ import annotations

import ast
import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Param

from airflow_artifacts.operators import DistisetPushOperator, StepOperator
from airflow_artifacts.steps import GeneratorStep, GlobalStep, LoadDataFromFiles, StepInput, StepOutput, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_artifacts.steps import GeneratorStepOutput

AIRFLOW_HOME = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
DEFAULT_OUTPUT = AIRFLOW_HOME / "datasets" / "text_statistics"


# [START generator_step]
class LoadTexts(GeneratorStep):
    """Loads the rows of a file, or else the docstrings of Python's standard library."""

    input_path: str = ""

    def process(self, offset: int = 0) -> GeneratorStepOutput:
        if self.input_path:
            yield from LoadDataFromFiles(data_files=self.input_path, batch_size=self.batch_size).process(offset)
            return
        rows = list(iter_docstrings(Path(sysconfig.get_paths()["stdlib"])))
        for start in range(offset, len(rows), self.batch_size):
            yield rows[start : start + self.batch_size], start + self.batch_size >= len(rows)
        # [END generator_step]


def iter_docstrings(folder: Path) -> Iterator[dict[str, Any]]:
    """Read the docstrings of all modules below a folder from their source, without importing any."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if {"site-packages", "test", "tests", "idlelib", "lib2to3"} & set(parts):
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError:
            continue  # some files of the standard library are templates
        yield from walk_docstrings(tree, ".".join(part for part in parts if part != "__init__"), "")


def walk_docstrings(node: ast.AST, module: str, qualname: str) -> Iterator[dict[str, Any]]:
    """Give a row for the node and for each class and function in it."""
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        yield {"module": module, "qualname": qualname, "text": ast.get_docstring(node)}
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from walk_docstrings(child, module, f"{qualname}.{child.name}".lstrip("."))


# [START step_function]
@step(inputs=["text"], outputs=["text"])
def KeepRowsWithText(inputs: StepInput) -> StepOutput:  # noqa: N802 - it becomes a class
    """Keeps the rows whose text is more than white space."""
    yield [row for row in inputs if (row["text"] or "").strip()]
    # [END step_function]


# [START step_with_artifact]
class CountTextCharacters(GlobalStep):
    """Counts the characters of each text, and draws a histogram of the counts."""

    @property
    def inputs(self) -> list[str]:
        return ["text"]

    @property
    def outputs(self) -> list[str]:
        return ["text_character_count"]

    def process(self, inputs: StepInput) -> StepOutput:
        from matplotlib.figure import Figure

        for row in inputs:
            row["text_character_count"] = len(row["text"])
        counts = [row["text_character_count"] for row in inputs]

        figure = Figure(figsize=(10, 6))
        axes = figure.add_subplot()
        axes.hist(counts, bins=50, color="#5b6bbf")
        axes.set(title="Characters per text", xlabel="characters", ylabel="texts", yscale="log")
        self.save_artifact(
            name="text_character_count_distribution",
            write_function=lambda path: figure.savefig(path / "figure.png"),
            metadata={"type": "image", "library": "matplotlib", "texts": len(counts), "longest": max(counts)},
        )
        yield inputs
        # [END step_with_artifact]


# [START dag]
with DAG(
    "example_text_statistics",
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    tags=["airflow-artifacts"],
    params={
        "input_path": Param(None, type=["null", "string"], description="A JSON Lines, CSV or Parquet file."),
        "text_column": Param("text", type="string", description="The column that holds the text."),
        "output_path": Param(str(DEFAULT_OUTPUT), type="string", description="Folder for the data set."),
        "repo_id": Param(None, type=["null", "string"], description="Repository on the Hugging Face Hub, too."),
    },
):
    load = StepOperator(task_id="load", step=LoadTexts(input_path="{{ params.input_path or '' }}"))
    keep = StepOperator(
        task_id="keep",
        step=KeepRowsWithText(
            input_mappings={"text": "{{ params.text_column }}"},
            output_mappings={"text": "{{ params.text_column }}"},
        ),
    )
    count = StepOperator(
        task_id="count", step=CountTextCharacters(input_mappings={"text": "{{ params.text_column }}"})
    )
    push = DistisetPushOperator(
        task_id="push", path="{{ params.output_path }}", repo_id="{{ params.repo_id or '' }}"
    )

    load >> keep >> count >> push
# [END dag]
