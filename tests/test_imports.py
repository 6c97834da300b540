"""``import airflow`` imports the package in every process, and DAG files are parsed every few seconds."""

from __future__ import annotations

import functools
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import airflow_artifacts

HEAVY = (
    "PIL",
    "adlfs",
    "datasets",
    "distilabel",
    "faiss",
    "fsspec",
    "gcsfs",
    "huggingface_hub",
    "matplotlib",
    "numpy",
    "obstore",
    "pandas",
    "plotly",
    "polars",
    "pyarrow",
    "s3fs",
)
CORE = (
    "_optional",
    "artifacts",
    "distiset",
    "exceptions",
    "provider_info",
    "pruning",
    "rows",
    "settings",
    "steps",
    "storage",
)
MODULES = [module.name for module in pkgutil.walk_packages(airflow_artifacts.__path__, "airflow_artifacts.")]
DAGS = sorted((Path(__file__).parents[1] / "dags").glob("*.py"))


@functools.cache
def imported_by(code: str, *, among: tuple[str, ...]) -> list[str]:
    """Run code in a fresh interpreter; give which of the modules it has imported then."""
    script = f"import sys\n{code}\nprint(*[name for name in {among!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return answer.stdout.split()


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_nothing_heavy(module: str) -> None:
    # Airflow's own import brings fsspec and pyarrow's friends in some versions: only what we add is looked at.
    needs_airflow = module.split(".")[1] not in CORE
    before = (
        "import airflow.sdk, airflow.api_fastapi.core_api.security" if "plugin" in module else "import airflow.sdk"
    )
    already = imported_by(before, among=HEAVY) if needs_airflow else []
    assert set(imported_by(f"import {module}", among=HEAVY)) <= set(already)


@pytest.mark.parametrize("name", CORE)
def test_core_runs_without_airflow(name: str) -> None:
    code = f"sys.modules['airflow'] = None\nimport airflow_artifacts.{name}"
    assert imported_by(code, among=("airflow.sdk",)) == []


def test_package_itself_imports_nothing_but_the_standard_library() -> None:
    script = "import sys; before = set(sys.modules); import airflow_artifacts; print(*set(sys.modules) - before)"
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    added = {name.partition(".")[0] for name in answer.stdout.split()}
    assert added - sys.stdlib_module_names == {"airflow_artifacts"}


@pytest.mark.parametrize("path", DAGS, ids=lambda path: path.stem)
def test_parsing_an_example_dag_imports_nothing_heavy(path: Path) -> None:
    code = f"import runpy; runpy.run_path({str(path)!r})"
    already = imported_by("import airflow.sdk", among=HEAVY)
    assert set(imported_by(code, among=HEAVY)) <= set(already)


def test_public_names_are_what_the_package_shows() -> None:
    assert set(airflow_artifacts.__all__) == set(airflow_artifacts._HOMES)
    for name in airflow_artifacts.__all__:
        assert getattr(airflow_artifacts, name).__name__ == name
    assert set(airflow_artifacts.__all__) <= set(dir(airflow_artifacts))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        airflow_artifacts.nothing  # noqa: B018
