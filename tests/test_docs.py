"""The docs are true: their code runs, their quotes are the example DAGs, and nothing public is left out."""

from __future__ import annotations

import inspect
import os
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from airflow_artifacts import exceptions
from airflow_artifacts.provider_info import get_provider_info

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]
PAGES = sorted([PROJECT / "README.md", PROJECT / "AGENTS.md", *(PROJECT / "docs").rglob("*.md")])
BLOCK = re.compile(
    r"(?:<!-- quote: (?P<path>\S+) (?P<name>\w+) -->\n)?```(?P<kind>\w*)\n(?P<code>.*?)```", re.DOTALL
)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")


def blocks(page: Path) -> Iterator[re.Match[str]]:
    return BLOCK.finditer(page.read_text())


def quoted(path: str, name: str) -> str:
    source = (PROJECT / path).read_text()
    begin, end = f"# [START {name}]\n", f"# [END {name}]"
    assert source.count(begin) == source.count(end) == 1
    region = source.partition(begin)[2].partition(end)[0]
    return textwrap.dedent(region.rstrip(" ")).strip("\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": page.stem}
    with patch.dict(os.environ):  # a page may set options
        for block in blocks(page):
            assert block["kind"] == "python", "only Python blocks can be run: write commands inline"
            if block["path"] is None:
                line = page.read_text()[: block.start("code")].count("\n")
                exec(compile("\n" * line + block["code"], str(page), "exec", dont_inherit=True), names)  # noqa: S102


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_quotes_are_what_the_example_dags_say(page: Path) -> None:
    for block in blocks(page):
        if block["path"]:
            assert block["code"].strip("\n") == quoted(block["path"], block["name"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        assert (page.parent / link).exists(), link


def headings(page: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", (PROJECT / "docs" / page).read_text(), re.MULTILINE))


def test_every_setting_has_a_heading() -> None:
    assert set(get_provider_info()["config"]["airflow_artifacts"]["options"]) <= headings("settings.md")


def test_every_operator_and_decorator_has_a_heading() -> None:
    from airflow_artifacts import operators

    decorators = {f"@task.{decorator['name']}" for decorator in get_provider_info()["task-decorators"]}
    assert {*operators.__all__, *decorators} <= headings("operators.md")


def test_every_error_has_a_heading() -> None:
    errors = {
        name for name, value in vars(exceptions).items() if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert headings("exceptions.md") == {*errors, "Errors"}


def test_every_module_is_in_the_tables() -> None:
    modules = {path.name for path in (PROJECT / "airflow_artifacts").iterdir() if not path.name.startswith("__")}
    table = (PROJECT / "AGENTS.md").read_text()
    assert [name for name in modules - {"py.typed"} if f"`{name}" not in table] == []
