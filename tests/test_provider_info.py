from __future__ import annotations

import json
from importlib.metadata import entry_points, version
from importlib.resources import files

import jsonschema
import pytest

import airflow_artifacts
from airflow_artifacts.provider_info import get_provider_info


def test_dictionary_follows_the_schema_of_airflow() -> None:
    schema = json.loads((files("airflow") / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_dictionary_names_the_distribution() -> None:
    assert get_provider_info()["package-name"] == "airflow-artifacts"
    assert airflow_artifacts.__version__ == version("airflow-artifacts")


@pytest.mark.parametrize("group", ["apache_airflow_provider", "airflow.plugins"])
def test_entry_points_lead_somewhere(group: str) -> None:
    (found,) = [
        point for point in entry_points(group=group) if point.dist and point.dist.name == "airflow-artifacts"
    ]
    assert callable(found.load())


def test_dotted_names_lead_somewhere(airflow_home: object) -> None:
    from airflow.sdk._shared.module_loading import import_string

    info = get_provider_info()
    for decorator in info["task-decorators"]:
        assert callable(import_string(decorator["class-name"]))
    for operators in info["operators"]:
        for module in operators["python-modules"]:
            assert import_string(f"{module}.BaseOperator")


def test_settings_have_their_defaults_in_airflow(airflow_home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_artifacts.runtime import get_settings
    from airflow_artifacts.settings import Settings

    settings = get_settings()
    assert settings.root == f"{airflow_home}/artifacts"
    assert settings.part_bytes == Settings(root="").part_bytes
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__PART_BYTES", "1000")
    assert get_settings().part_bytes == 1000
