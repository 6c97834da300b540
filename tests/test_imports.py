"""``import airflow`` imports the package in every process, and DAG files are parsed every few seconds."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import airflow_artifacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Added = Callable[[str, str], list[str]]

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
    "hub",
    "provider_info",
    "pruning",
    "rows",
    "settings",
    "steps",
    "storage",
    "testing",
)
MODULES = [module.name for module in pkgutil.walk_packages(airflow_artifacts.__path__, "airflow_artifacts.")]
DAGS = sorted((Path(__file__).parents[1] / "dags").glob("*.py"))


# Airflow takes seconds to import: an interpreter that has done so is copied for each question.
_COPYING = """
import json, os, sys
exec(sys.argv[1])
before = set(sys.modules)
for line in sys.stdin:
    child = os.fork()
    if not child:
        status = 1
        try:
            exec(json.loads(line), {"sys": sys})
            print(json.dumps(sorted(set(sys.modules) - before)), flush=True)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        print("null", flush=True)
"""


@pytest.fixture(scope="module")
def added() -> Iterator[Added]:
    """Runs code in an interpreter of its own, after other code; gives the modules that were added."""
    running: dict[str, subprocess.Popen[str]] = {}

    def ask(code: str, after: str) -> list[str]:
        if after not in running:
            command = [sys.executable, "-c", _COPYING, after]
            running[after] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        interpreter = running[after]
        assert interpreter.stdin is not None
        assert interpreter.stdout is not None
        interpreter.stdin.write(json.dumps(code) + "\n")
        interpreter.stdin.flush()
        found = json.loads(interpreter.stdout.readline())
        assert found is not None, f"{code} failed"
        return list(found)

    yield ask
    for interpreter in running.values():
        interpreter.communicate()
        assert interpreter.returncode == 0


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_nothing_heavy(added: Added, module: str) -> None:
    # Airflow's own import brings fsspec and pyarrow's friends in some versions: only what we add is looked at.
    before = "" if module.split(".")[1] in CORE else "import airflow.sdk"
    if "plugin" in module:
        before += ", airflow.api_fastapi.core_api.security"
    assert not set(added(f"import {module}", before)).intersection(HEAVY)


@pytest.mark.parametrize("name", CORE)
def test_core_runs_without_airflow(added: Added, name: str) -> None:
    found = added(f"sys.modules['airflow'] = None\nimport airflow_artifacts.{name}", "")
    assert f"airflow_artifacts.{name}" in found
    assert "airflow.sdk" not in found


def test_package_itself_imports_nothing_but_the_standard_library() -> None:
    script = "import sys; before = set(sys.modules); import airflow_artifacts; print(*set(sys.modules) - before)"
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    added = {name.partition(".")[0] for name in answer.stdout.split()}
    assert added - sys.stdlib_module_names == {"airflow_artifacts"}


@pytest.mark.parametrize("path", DAGS, ids=lambda path: path.stem)
def test_parsing_an_example_dag_imports_nothing_heavy(added: Added, path: Path) -> None:
    found = added(f"import runpy; runpy.run_path({str(path)!r})", "import airflow.sdk")
    assert any(name.startswith("airflow_artifacts.") for name in found)
    assert not set(found).intersection(HEAVY)


def test_public_names_are_what_the_package_shows() -> None:
    assert set(airflow_artifacts.__all__) == set(airflow_artifacts._HOMES)
    for name in airflow_artifacts.__all__:
        assert getattr(airflow_artifacts, name).__name__ == name
    assert set(airflow_artifacts.__all__) <= set(dir(airflow_artifacts))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        airflow_artifacts.nothing  # noqa: B018
