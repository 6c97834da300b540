"""A real Airflow publishes on a Hub: killed in the middle, by a connection of its own, and nothing shows it."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

from pyarrow import BufferReader, parquet

from airflow_artifacts.testing import FakeHub

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import Request
    from tests.servers.airflow import Server


def test_killed_tasks_publish_everything_once(server: Server, tmp_path: Path) -> None:
    with FakeHub() as hub:
        kills = {"checkpoint": 3, "push": 1}  # the commit after which the process is killed
        seen = dict.fromkeys(kills, 0)

        def kill(request: Request) -> None:
            task = "push" if "published" in request.path else "checkpoint"
            seen[task] += 1
            if seen[task] == kills[task]:
                os.kill(int((tmp_path / task).read_text()), signal.SIGKILL)

        hub.on_request("after", kill, method="POST", path="/commit/")
        connection = {
            "connection_id": "huggingface_default",
            "conn_type": "huggingface",
            "host": hub.endpoint,
            "password": hub.token,
        }
        server.request("POST", "/api/v2/connections", connection)
        run = server.run("publishing", {"place": str(tmp_path)})
        tries = {each["task_id"]: (each["state"], each["try_number"]) for each in run["instances"]}
        assert tries == {"numbers": ("success", 1), "checkpoint": ("success", 2), "push": ("success", 2)}

        tree = hub.tree("tester/checkpoints")
        names = sorted(path for path in tree if path.endswith(".jsonl"))
        assert names == [f"numbers/train-{number:05}.jsonl" for number in range(10)]
        lines = b"".join(hub.read("tester/checkpoints", name) for name in names).splitlines()
        assert [json.loads(line)["n"] for line in lines] == list(range(500))
        assert len(hub.commits("tester/checkpoints")) == 1 + 10

        assert len(hub.commits("tester/published")) == 2
        shard = hub.read("tester/published", "default/train-00000-of-00001.parquet")
        assert parquet.read_table(BufferReader(shard)).to_pydict() == {"n": list(range(500))}

        path = f"/api/v2/dags/publishing/dagRuns/{run['dag_run_id']}/taskInstances/push"
        links = server.request("GET", f"{path}/links")["extra_links"]
        assert links.pop("Artifacts").startswith("airflow-artifacts/view?dag_id=publishing&run_id=manual__")
        assert links == {"Dataset": f"{hub.endpoint}/datasets/tester/published"}
        (event,) = server.request("GET", "/api/v2/assets/events?source_dag_id=publishing")["asset_events"]
        assert event["uri"] == "hf://datasets/tester/published"
        assert event["extra"]["commit"] == hub.commits("tester/published")[0].oid
        shown = json.dumps(
            [server.request("GET", path), server.request("GET", f"{path}/xcomEntries/return_value")]
        )
        assert hub.token not in shown
        texts = [file for file in server.home.rglob("*") if file.is_file() and file.suffix in {".log", ".json"}]
        assert len(texts) > 5
        assert not [file for file in texts if hub.token.encode() in file.read_bytes()]
