"""Optional dependencies: there, absent, or broken themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_installed_is_imported() -> None:
    assert require("json", extra="x", purpose="Testing") is json
    assert require("json.decoder", extra="x", purpose="Testing").__name__ == "json.decoder"


@pytest.mark.parametrize("module", ["surely_not_installed", "surely_not_installed.part", "json.surely_not"])
def test_what_is_absent_is_named_with_its_extra(module: str) -> None:
    with pytest.raises(
        MissingExtraError, match=r"Drawing needs .* pip install 'airflow-artifacts\[plot\]'"
    ) as caught:
        require(module, extra="plot", purpose="Drawing")
    assert (caught.value.module, caught.value.extra) == (module, "plot")
    assert isinstance(caught.value, ImportError)


@pytest.mark.parametrize("lacks", ["other_package", "plot", "plotting_tool_x"])
def test_what_lacks_a_dependency_of_its_own_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    (tmp_path / "plotting_tool.py").write_text(f"import {lacks}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match=lacks) as caught:
        require("plotting_tool", extra="plot", purpose="Drawing")
    assert not isinstance(caught.value, MissingExtraError)
