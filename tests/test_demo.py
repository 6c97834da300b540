"""``make demo ROOT=s3://...`` leaves everything on the store and nothing on the disk, or says what is wrong."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["s3_environment", "s3_root", "s3_server"]

PROJECT = Path(__file__).parents[1]
TEXTS = ["What is it?", "Größe, „x“", " ", "two\nlines"]


@pytest.fixture
def demo(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the demo as ``make`` does, in a home of its own."""
    (tmp_path / "home").mkdir()
    (tmp_path / "temporary").mkdir()
    variables = {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": str(PROJECT),
        "TMPDIR": str(tmp_path / "temporary"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(PROJECT / ".ci/demo.py"), *arguments]
        return subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=tmp_path, env=os.environ | variables
        )

    return run


def objects(root: str) -> dict[str, bytes]:
    """What lies below a root, by its key, read past the package."""
    import boto3

    bucket, _, prefix = root.removeprefix("s3://").partition("/")
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    keys = [found["Key"] for found in client.list_objects_v2(Bucket=bucket)["Contents"]]
    assert all(key.startswith(f"{prefix}/") for key in keys)
    return {
        key.removeprefix(f"{prefix}/"): client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys
    }


def test_everything_is_on_the_store(
    demo: Callable[..., subprocess.CompletedProcess[str]], s3_root: str, tmp_path: Path, airflow_home: Path
) -> None:
    import pyarrow.parquet as pq

    shutil.copy(airflow_home / "airflow.db", tmp_path / "home")  # to make one takes some seconds
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps({"question": text}) + "\n" for text in TEXTS))
    done = demo("--root", f"{s3_root}/", "--input", "texts.jsonl", "--column", "question")
    assert done.returncode == 0, done.stdout + done.stderr

    found = objects(s3_root)
    (plot,) = (key for key in found if key.startswith("datasets/") and key.endswith("/figure.png"))
    (table,) = (key for key in found if key.startswith("datasets/text_statistics/") and key.endswith(".parquet"))
    column = pq.read_table(io.BytesIO(found[table])).column("question")
    assert column.to_pylist() == [text for text in TEXTS if text.strip()]
    assert done.stdout.endswith(
        f"""
Data set: {s3_root}/datasets/text_statistics
Card:     {s3_root}/datasets/text_statistics/README.md
Plot:     {s3_root}/{plot}
Rows:     {s3_root}/runs
Registry: {s3_root}/registry
"""
    )
    assert found["datasets/text_statistics/README.md"].startswith(b"---\n")
    assert found[plot].startswith(b"\x89PNG")
    runs = {key for key in found if key.startswith("runs/example_text_statistics/")}
    assert {key.split("/")[3] for key in runs if key.endswith(".rows")} == {"load", "keep", "count"}
    (artifact,) = (key for key in runs if key.endswith("/figure.png"))
    record = json.loads(found["registry/text_character_count_distribution/1"])
    assert record["path"] == artifact.removesuffix("/figure.png")

    assert {path.name for path in tmp_path.iterdir()} == {"home", "temporary", "texts.jsonl"}
    assert not list((tmp_path / "temporary").glob("**/*.*"))
    assert {path.name for path in (tmp_path / "home").iterdir()} <= {"airflow.cfg", "airflow.db", "logs"}


def test_a_bucket_that_does_not_exist(
    demo: Callable[..., subprocess.CompletedProcess[str]], s3_environment: None
) -> None:
    done = demo("--root", "s3://no-such-bucket/prefix")
    assert done.returncode == 1
    assert done.stderr == (
        "Could not list s3://no-such-bucket/prefix/datasets/text_statistics: there is no such bucket. Create it.\n"
    )


def test_no_credentials(
    demo: Callable[..., subprocess.CompletedProcess[str]], s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    done = demo("--root", s3_root)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"{s3_root} cannot be opened: no AWS credentials are found. Set AWS_ACCESS_KEY_ID"
    )
    assert len(done.stderr.splitlines()) == 1


def test_an_output_without_a_root_is_needed(demo: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = demo()
    assert done.returncode == 2
    assert "--output or --root has to say where the data set goes" in done.stderr
