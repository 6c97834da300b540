"""Runs the example DAG, pushes its data set to a fake Hugging Face Hub, and reads it back as users would."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING

import demo

from airflow_artifacts.distiset import load_from_disk
from airflow_artifacts.testing import FakeHub

if TYPE_CHECKING:
    from argparse import Namespace

REPOSITORY = "tester/text-statistics"


def show(hub: FakeHub) -> None:
    """Print the newest commit, and its files."""
    newest = hub.commits(REPOSITORY)[0]
    lines = [f"  {file.size:>12,}  {path}" for path, file in sorted(hub.tree(REPOSITORY).items())]
    sys.stdout.write(f"\nCommit {newest.oid}: {newest.message}\n" + "\n".join(lines) + "\n")


def read_back(saved: str) -> bool:
    """Say whether real clients read from the Hub what lies on the disk."""
    # Not earlier: they read the address of the Hub when they are imported.
    from datasets import load_dataset
    from huggingface_hub import snapshot_download

    loaded = list(load_dataset(REPOSITORY, split="train"))
    snapshot = load_from_disk(snapshot_download(REPOSITORY, repo_type="dataset"))
    disk = load_from_disk(saved)
    rows = list(disk["default"]["train"])
    files = {f"{each.name}/{file}": each.read(file) for each in disk.artifacts for file in each.files}
    copies = {f"{each.name}/{file}": each.read(file) for each in snapshot.artifacts for file in each.files}
    checks = {
        f"datasets.load_dataset({REPOSITORY!r}) gives the {len(rows):,} rows that are on the disk": loaded == rows,
        "huggingface_hub.snapshot_download does, too": list(snapshot["default"]["train"]) == rows,
        f"and the {len(files)} files of artifacts are the same": copies == files,
    }
    sys.stdout.write("\n" + "".join(f"{'ok' if found else 'NOT SO'}: {text}\n" for text, found in checks.items()))
    return all(checks.values())


def run(arguments: Namespace) -> int:
    """Run the demo with a Hub; give the exit code."""
    arguments.repo_id = REPOSITORY
    with FakeHub() as hub, tempfile.TemporaryDirectory(prefix="demo-hub-") as home:
        os.environ.update(hub.environment, HF_HOME=home, HF_HUB_DISABLE_PROGRESS_BARS="1")
        code = demo.run(arguments)
        if code:
            return code
        show(hub)
        return 0 if read_back(arguments.output) else 1


if __name__ == "__main__":
    sys.exit(demo.main(run))
