"""The options, from a function or from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_artifacts.exceptions import ConfigurationError
from airflow_artifacts.settings import Settings, default_root
from airflow_artifacts.storage import local_path


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("s3://bucket/a/", "s3://bucket/a"),
        ("s3://conn@bucket//", "s3://conn@bucket"),
        ("memory://", "memory://"),
        ("file:///a/b/", "file:///a/b"),
        ("file:///", "file:///"),
        ("file:/a/", "file:/a"),
        ("/a/b/", "/a/b"),
        ("/", "/"),
        ("  /a  ", "/a"),
        ("~/a", "~/a"),
    ],
)
def test_roots(text: str, root: str) -> None:
    assert Settings.from_options({"root": text}.get).root == root


@pytest.mark.parametrize("text", ["a", "./a", "../a", "file://a/b", "local://a", "s3://", "s3:///", "C:\\a"])
def test_roots_that_cannot_be(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\[airflow_artifacts\] root"):
        Settings.from_options({"root": text}.get)


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), (" 1000 ", 1000), ("", 8 * 1024 * 1024), (None, 8 * 1024 * 1024)]
)
def test_sizes(text: str | None, size: int) -> None:
    assert Settings.from_options({"root": "/a", "part_bytes": text}.get).part_bytes == size


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1_000", "x", "1e6", "1 MB"])
def test_sizes_that_cannot_be(text: str) -> None:
    with pytest.raises(ConfigurationError, match="part_bytes"):
        Settings.from_options({"part_bytes": text}.get)


def test_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", "s3://b")
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__PART_BYTES", "5")
    assert Settings.from_environment() == Settings("s3://b", 5)
    monkeypatch.delenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "air flow"))
    assert local_path(Settings.from_environment().root) == tmp_path / "air flow" / "artifacts"
    monkeypatch.delenv("AIRFLOW_HOME")
    assert local_path(default_root()) == Path.home() / "airflow" / "artifacts"


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Settings("/a").root = "/b"  # type: ignore[misc]


def test_switch_of_signed_downloads() -> None:
    assert not Settings.from_options({"root": "/a"}.get).signed_downloads
    assert Settings.from_options({"root": "/a", "signed_downloads": "true"}.get).signed_downloads
    with pytest.raises(ConfigurationError, match="signed_downloads is 'maybe', but has to be True or False"):
        Settings.from_options({"root": "/a", "signed_downloads": "maybe"}.get)


def test_served_sources_are_urls_of_folders() -> None:
    assert Settings.from_options({"root": "/a"}.get).served_sources == ()
    given = {"root": "/a", "served_sources": " s3://conn@bucket/data/ ,, file:///data"}
    assert Settings.from_options(given.get).served_sources == ("s3://conn@bucket/data", "file:///data")


@pytest.mark.parametrize("text", ["/data", "file:///", "file://data", "s3://", "data, s3://b"])
def test_served_sources_that_are_none_are_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="served_sources names '"):
        Settings.from_options({"root": "/a", "served_sources": text}.get)


def test_what_may_be_a_password_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as error:
        Settings.from_options({"root": "/a", "served_sources": "user:pass@bucket"}.get)
    assert "pass@" not in str(error.value)
