"""Other processes that only know its address: datasets, snapshot_download, and the fake as a program."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_artifacts import testing
from airflow_artifacts.testing import FakeHub
from airflow_artifacts.testing.git import commit_oid

CARD = b"""---
configs:
- config_name: numbers
  data_files:
  - split: train
    path: numbers/train-*.%b
  - split: test
    path: numbers/test-*.%b
- config_name: more
  data_files: more.%b
---
# Numbers
"""
_READING = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
from huggingface_hub import snapshot_download

seen = {"snapshot": snapshot_download("tester/parquet", repo_type="dataset", allow_patterns="numbers/*")}
for repo, old in zip(("tester/parquet", "tester/jsonl"), sys.argv[1:]):
    stream = load_dataset(repo, "numbers", split="train", streaming=True)
    seen[repo] = {
        "configs": get_dataset_config_names(repo),
        "numbers": {name: list(split["n"]) for name, split in load_dataset(repo, "numbers").items()},
        "streamed": [row["n"] for row in stream],
        "more": list(load_dataset(repo, "more", split="train")["n"]),
        "old": list(load_dataset(repo, "more", split="train", revision=old)["n"]),
    }
print(json.dumps(seen))
"""


def jsonl(*numbers: int) -> bytes:
    return b"".join(b'{"n": %d}\n' % number for number in numbers)


def parquet(*numbers: int) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"n": numbers}), file)
    return file.getvalue()


def run(hub: FakeHub, home: Path, code: str, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "COV_"))}
    environment = {**kept, "HF_HOME": str(home), **hub.environment}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_datasets_reads_what_was_committed(hub: FakeHub, tmp_path: Path) -> None:
    old = []
    for ending, write in {"parquet": parquet, "jsonl": jsonl}.items():
        hub.create_repo(f"tester/{ending}")
        files: dict[str, bytes | None] = {
            "README.md": CARD % ((ending.encode(),) * 3),
            f"numbers/train-00000-of-00002.{ending}": write(1, 2),
            f"numbers/train-00001-of-00002.{ending}": write(3),
            f"numbers/test-00000-of-00001.{ending}": write(4),
            f"more.{ending}": write(5),
        }
        old.append(hub.commit(f"tester/{ending}", files))
        hub.commit(f"tester/{ending}", {f"more.{ending}": write(6)})
    seen = json.loads(run(hub, tmp_path, _READING, *old).splitlines()[-1])
    snapshot = Path(seen.pop("snapshot"))
    expected = {
        "configs": ["numbers", "more"],
        "numbers": {"train": [1, 2, 3], "test": [4]},
        "streamed": [1, 2, 3],
        "more": [6],
        "old": [5],
    }
    assert seen == {"tester/parquet": expected, "tester/jsonl": expected}
    assert snapshot.name == hub.commits("tester/parquet")[0].oid
    files = {str(path.relative_to(snapshot)): path.read_bytes() for path in snapshot.glob("numbers/*")}
    assert files == {
        "numbers/train-00000-of-00002.parquet": parquet(1, 2),
        "numbers/train-00001-of-00002.parquet": parquet(3),
        "numbers/test-00000-of-00001.parquet": parquet(4),
    }


_PUSHING = """
from datasets import Dataset
Dataset.from_dict({"n": list(range(5))}).push_to_hub("acme/pushed", "numbers", private=True)
"""


def test_datasets_pushes(hub: FakeHub, tmp_path: Path) -> None:
    run(hub, tmp_path, _PUSHING)
    path = "numbers/train-00000-of-00001.parquet"
    assert pq.read_table(io.BytesIO(hub.read("acme/pushed", path)))["n"].to_pylist() == list(range(5))
    assert b"config_name: numbers" in hub.read("acme/pushed", "README.md")


@pytest.mark.usefixtures("interrupts")
def test_the_fake_is_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "airflow_artifacts.testing", "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for number in (signal.SIGINT, signal.SIGTERM):
        program = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        assert program.stdout is not None
        values = dict(part.split("=", 1) for part in program.stdout.readline().split())
        assert list(values) == ["HF_ENDPOINT", "HF_TOKEN"]
        headers = {"Authorization": f"Bearer {values['HF_TOKEN']}"}
        answer = httpx.get(f"{values['HF_ENDPOINT']}/api/whoami-v2", headers=headers)
        assert answer.json()["name"] == "tester"
        assert len(list(tmp_path.iterdir())) == 1
        program.send_signal(number)
        program.communicate(timeout=20)
        assert program.returncode == 0
        assert not list(tmp_path.iterdir())


class _Reader(io.StringIO):
    """Where the program writes: when it has, it is stopped."""

    def flush(self) -> None:
        threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGTERM]).start()


def test_the_program_ends_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_artifacts.testing.__main__ import main

    before = signal.getsignal(signal.SIGTERM)
    output = _Reader()
    monkeypatch.setattr(sys, "argv", ["fake"])
    monkeypatch.setattr(sys, "stdout", output)
    try:
        main()
    finally:
        signal.signal(signal.SIGTERM, before)
    endpoint = output.getvalue().split()[0].removeprefix("HF_ENDPOINT=")
    with pytest.raises(httpx.ConnectError):
        httpx.get(endpoint)


def test_names_are_those_that_git_gives(hub: FakeHub, repo: str, tmp_path: Path) -> None:
    hub.commit(
        repo, {"a.txt": b"1", "a/b.txt": b"2", "a/b/c.txt": b"3", "a-b": b"4", "z.bin": b"\0"}, message="text"
    )
    commit, parent = hub.commits(repo)[:2]

    def git(*arguments: str, text: str = "") -> str:
        done = subprocess.run(
            ["git", *arguments], check=True, capture_output=True, text=True, input=text, cwd=tmp_path
        )
        return done.stdout.strip()

    git("init", "--quiet")
    for path, file in commit.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        content = httpx.get(f"{hub.endpoint}/datasets/{repo}/raw/main/{path}").content
        (tmp_path / path).write_bytes(content)
        assert git("hash-object", path) == file.oid
    git("add", "--force", "--all")
    tree = git("write-tree")
    assert commit.folders()[""] == tree
    who = f"tester <tester@users.noreply.huggingface.co> {int(commit.date.timestamp())} +0000"
    text = f"tree {tree}\nparent {parent.oid}\nauthor {who}\ncommitter {who}\n\ntext"
    assert git("hash-object", "-t", "commit", "--literally", "--stdin", text=text) == commit.oid
    assert commit_oid(tree, None, "tester", commit.date, "text") != commit.oid


def test_public_names() -> None:
    assert set(testing.__all__) == {"FakeHub", "Fault", "HubCommit", "HubError", "HubFile", "Request"}
    for name in testing.__all__:
        assert getattr(testing, name).__doc__


def test_several_fakes_know_nothing_of_each_other() -> None:
    with FakeHub() as one, FakeHub() as other:
        one.create_repo("tester/data")
        with pytest.raises(KeyError):
            other.commits("tester/data")
        assert one.endpoint != other.endpoint
        assert one.token != other.token
