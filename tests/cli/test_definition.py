"""The commands as Airflow finds them, and called for real."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.cli.cli_config import ActionCommand, GroupCommand

from airflow_artifacts.cli.definition import get_artifacts_cli_commands
from airflow_artifacts.provider_info import get_provider_info
from tests.cli.support import add, open_repository

PAGE = Path(__file__).parents[2] / "docs/cli.md"
AIRFLOW = str(Path(sys.executable).with_name("airflow"))


def commands() -> dict[str, ActionCommand]:
    (group,) = get_artifacts_cli_commands()
    assert isinstance(group, GroupCommand)
    assert group.name == "artifacts"
    return {each.name: each for each in group.subcommands if isinstance(each, ActionCommand)}


def test_provider_info_leads_to_them() -> None:
    from airflow.sdk._shared.module_loading import import_string

    (path,) = get_provider_info()["cli"]
    assert import_string(path) is get_artifacts_cli_commands


def test_each_has_a_function() -> None:
    from airflow_artifacts.cli import commands as module

    for name in commands():
        assert callable(getattr(module, f"{name.replace('-', '_')}_command"))


def test_each_has_a_heading_with_its_arguments() -> None:
    sections = dict(re.findall(r"^## ([a-z-]+)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    assert set(sections) == {*commands()}
    for name, command in commands().items():
        for arg in command.args:
            shown = arg.flags[-1] if arg.flags[0].startswith("-") else arg.kwargs["metavar"]
            assert shown in sections[name], (name, shown)


def test_parsing_imports_little() -> None:
    script = (
        "import sys, airflow.cli.cli_config; before = set(sys.modules);"
        "import airflow_artifacts.cli.definition; print(*set(sys.modules) - before)"
    )
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    package = {f"airflow_artifacts{name}" for name in ("", ".cli", ".cli.arguments", ".cli.definition")}
    assert set(answer.stdout.split()) <= package


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A new home of Airflow, whose database cannot be opened."""
    (tmp_path / "home").mkdir()
    return {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/none/airflow.db",
        "AIRFLOW__AIRFLOW_ARTIFACTS__ROOT": str(tmp_path / "artifacts"),
    }


def call(environment: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    command = [AIRFLOW, "artifacts", *args]
    return subprocess.run(
        command,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def test_for_real_and_without_a_database(environment: dict[str, str], tmp_path: Path) -> None:
    add(open_repository(tmp_path / "artifacts"), "a", files={"ä.txt": "ü".encode()})
    listed = call(environment, "list", "--output", "json")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert [each["uri"] for each in json.loads(listed.stdout)] == ["artifact://a@1"]
    failed = call(environment, "show", "b")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("There is no artifact 'b'")
    assert failed.stderr.count("\n") == 1
    deleted = call(environment, "delete", "a@1")
    assert deleted.returncode == 1
    assert "give --yes" in deleted.stderr


def test_root_of_the_configuration(environment: dict[str, str], tmp_path: Path) -> None:
    root = environment.pop("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT")
    (tmp_path / "home/airflow.cfg").write_text(f"[airflow_artifacts]\nroot = {root}\n")
    add(open_repository(tmp_path / "artifacts"), "a")
    assert "a 1" in " ".join(call(environment, "list", "--output", "plain").stdout.split())
