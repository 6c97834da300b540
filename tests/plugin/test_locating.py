"""Which sources the API server reads, whatever a task registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_artifacts.plugin.locating import serving_place

if TYPE_CHECKING:
    from pathlib import Path

OPTION = "AIRFLOW__AIRFLOW_ARTIFACTS__"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("s3://data/served", "s3://data/served"),
        ("s3://data/served/a/b", "s3://data/served"),
        ("s3://data/served2", None),
        ("s3://data", None),
        ("s3://other@data/served", None),
        ("s3://bucket/a", "s3://bucket"),
        ("s3://bucket/kept", None),
        ("s3://bucket/kept/runs/a", None),
        ("s3://bucket/kept2", "s3://bucket"),
        ("s3://bucket", None),
        ("s3://theirs@bucket/kept/runs", None),
        ("s3://theirs@bucket/a", "s3://theirs@bucket"),
    ],
)
def test_a_source_is_read_within_what_is_served_and_apart_from_the_root(
    monkeypatch: pytest.MonkeyPatch, source: str, place: str | None
) -> None:
    monkeypatch.setenv(f"{OPTION}ROOT", "s3://mine@bucket/kept")
    monkeypatch.setenv(f"{OPTION}SERVED_SOURCES", "s3://data/served, s3://bucket, s3://theirs@bucket")
    assert serving_place(source) == place


def test_no_link_or_dots_lead_to_the_root(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{OPTION}SERVED_SOURCES", tmp_path.as_uri())
    root.mkdir()
    (tmp_path / "link").symlink_to(root)
    for path in ("link", "link/runs", "a/../root", "root/runs", "root", "."):
        assert serving_place(f"{tmp_path.as_uri()}/{path}") is None
    assert serving_place(f"{tmp_path.as_uri()}/a") == tmp_path.as_uri()
    monkeypatch.setenv(f"{OPTION}ROOT", (tmp_path / "link").as_uri())
    assert serving_place(f"{root.as_uri()}/runs") is None
