"""The example DAGs on Celery with two workers, with everything on S3; the last test ends one of the workers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from airflow_artifacts import ArtifactClient
from airflow_artifacts.distiset import load_from_disk
from airflow_artifacts.storage import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.cluster import Cluster

RUNS = 3
SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer", "left", "right")
BUCKET = "s3://artifacts"


def hosts(instances: list[dict[str, Any]]) -> dict[str, str]:
    return {each["task_id"]: each["hostname"] for each in instances}


def keys(place: str, prefix: str = "") -> list[str]:
    return [found.key for found in open_store(place).list(prefix)]


def versions(client: ArtifactClient, name: str) -> list[int]:
    return [each.version for each in client.list_artifact_versions(name)]


@pytest.mark.parametrize("name", SERVICES)
def test_health_check_of_the_file_succeeds(cluster: Cluster, name: str) -> None:
    check = cluster.containers[name].check_health()
    assert check.returncode == 0, check.stdout + check.stderr


def test_store_was_checked_before_anything_started(cluster: Cluster) -> None:
    log = cluster.containers["init"].log.read_text()
    assert 'User "admin" created' in log
    assert cluster.environment["AIRFLOW__AIRFLOW_ARTIFACTS__ROOT"] in log


def test_demo_runs_wholly_on_s3(cluster: Cluster, s3: str) -> None:
    out = f"{BUCKET}/datasets/text_statistics"
    cluster.wait(cluster.trigger("example_text_statistics", output_path=out))
    saved = load_from_disk(out)
    rows = saved.subsets["default"]["train"]
    assert len(rows) > 1000
    assert all(row["text_character_count"] == len(row["text"]) for row in rows)
    assert [(each.name, each.step) for each in saved.artifacts] == [("text_character_count_distribution", "count")]
    (plot,) = [key for key in keys(out) if key.endswith("figure.png")]
    assert open_store(out).read(plot).startswith(b"\x89PNG")
    assert keys(s3, "runs/example_text_statistics")


def test_rows_and_artifacts_cross_from_worker_to_worker(cluster: Cluster, s3: str) -> None:
    out = f"{BUCKET}/datasets/crossing"
    instances = cluster.wait(cluster.trigger("crossing", output_path=out))
    assert hosts(instances) == {
        "save": "left",
        "load": "right",
        "look": "left",
        "numbers": "left",
        "squares": "right",
        "push": "left",
    }
    client = ArtifactClient(s3)
    received = client.get_artifact_version("crossing/received")
    assert received.load() == {"saved_on": "left", "loaded_on": "right"}
    assert received.parents == ("artifact://crossing/sent@1",)
    rows = list(load_from_disk(out).subsets["default"]["train"])
    assert rows == [{"n": n, "made_on": "left", "square": n**2, "squared_on": "right"} for n in range(2000)]


def test_api_server_shows_what_crossed_and_what_became_of_each_try(cluster: Cluster) -> None:
    (received,) = cluster.ask("artifacts", name="crossing/received")["items"]
    producer = received["producer"]
    assert (producer["task_id"], producer["state"], producer["is_latest_try"]) == ("load", "success", True)
    rows = cluster.ask("dags/crossing/rows")["items"]
    shown = [(each["producer"]["task_id"], each["producer"]["state"], each["count"]) for each in rows]
    assert shown == [("numbers", "success", 2000), ("squares", "success", 2000)]


def test_runs_at_the_same_time_count_versions_without_a_gap(cluster: Cluster, s3: str) -> None:
    names = ("example_artifact_logging", "example_dynamic_names", "example_metadata_lookup")
    paths = [cluster.trigger(name) for name in names for _ in range(RUNS)]
    paths += [cluster.trigger("example_mapped_steps"), cluster.trigger("example_artifact_producer")]
    instances = [each for path in paths for each in cluster.wait(path)]
    assert {each["hostname"] for each in instances} == {"left", "right"}
    assert {each["try_number"] for each in instances} == {1}
    client = ArtifactClient(s3)
    counted = list(range(1, RUNS + 1))
    for name in ("results/summary.json", "results/scores.png", "config.yaml", "numbers/train", "small_counts"):
        assert versions(client, name) == counted
    assert versions(client, "generic_artifact") == list(range(1, 3 * RUNS + 1))
    for version in counted:
        assert client.load_dict(f"artifact://results/summary.json@{version}") == {"best": 0.73, "epochs": 5}
        assert client.load_artifact(f"artifact://small_counts@{version}") == {
            "part 1": 6,
            "part 2": 2,
            "part 3": 2,
        }


def test_data_set_in_a_folder_that_is_shared(cluster: Cluster) -> None:
    folder = cluster.home / "volumes" / "datasets" / "mapped_steps"
    assert {row["package"] for row in load_from_disk(str(folder)).subsets["default"]["train"]} == {"json", "email"}


def test_new_version_runs_the_dag_that_is_scheduled_on_it(cluster: Cluster, s3: str) -> None:
    client = ArtifactClient(s3)
    made = len(versions(client, "example_numbers"))
    cluster.request("PATCH", "dags/example_artifact_consumer", is_paused=False)
    cluster.wait(cluster.trigger("example_artifact_producer"))
    runs = wait_for_runs(cluster, "example_artifact_consumer")
    assert [run["run_type"] for run in runs] == ["asset_triggered"]
    cluster.wait(f"dags/example_artifact_consumer/dagRuns/{runs[0]['dag_run_id']}")
    assert client.load_artifact("example_sums")[f"artifact://example_numbers@{made + 1}"] == 6


def wait_for_runs(cluster: Cluster, dag_id: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 60
    while not (runs := cluster.request("GET", f"dags/{dag_id}/dagRuns")["dag_runs"]):
        assert time.monotonic() < deadline, f"{dag_id} did not run"
        time.sleep(0.5)
    return list(runs)


def written(cluster: Cluster) -> Iterator[tuple[str, bytes]]:
    """Give everything that anybody could read: logs, other files, the database, and what lies on S3."""
    for path in cluster.home.rglob("*"):
        if path.is_file() and "postgres" not in path.relative_to(cluster.home).parts:
            yield str(path), path.read_bytes()
    yield "the database", cluster.dump_database()
    for place in (f"{BUCKET}/airflow", f"{BUCKET}/datasets"):
        store = open_store(place)
        for key in keys(place):
            yield store.url(key), store.read(key)


def test_no_secret_is_written_anywhere(cluster: Cluster, s3: str) -> None:
    found = dict(written(cluster))
    # It is looked for where there is something to see.
    assert any("/dag_id=" in place for place in found)
    assert any(place.startswith(f"{s3}/runs/") for place in found)
    assert b"admin@example.com" in found["the database"]
    for name, secret in cluster.secrets.items():
        assert [place for place, data in found.items() if secret.encode() in data] == [], name


def test_work_of_a_worker_that_dies_is_done_by_the_other(cluster: Cluster, s3: str, tmp_path: Path) -> None:
    out = f"{BUCKET}/datasets/waiting"
    path = cluster.trigger("waiting", place=str(tmp_path), output_path=out)
    marker = tmp_path / "waits"
    deadline = time.monotonic() + 120
    while not (marker.exists() and marker.read_text()):
        assert time.monotonic() < deadline, cluster.last_words()
        time.sleep(0.2)
    dead = marker.read_text()
    cluster.containers[dead].kill()

    instances = {each["task_id"]: each for each in cluster.wait(path)}
    assert instances["waits"]["try_number"] == 2
    assert {dead, instances["waits"]["hostname"]} == {"left", "right"}
    rows = [row["n"] for row in load_from_disk(out).subsets["default"]["train"]]
    assert rows == list(range(2000))
    stored = [key.partition("/waits/")[2] for key in keys(s3, "runs/waiting")]
    attempts = {key.rpartition("/rows/")[0] for key in stored if "/rows/" in key}
    complete = {key.rpartition("/")[0] for key in stored if key.endswith("/manifest.json")}
    assert len(attempts) == 2  # the one that was killed had stored some rows
    assert len(complete) == 1
    assert complete < attempts
