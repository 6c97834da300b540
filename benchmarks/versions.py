"""What 10,000 versions of one name cost: saving the next, finding the latest, listing and filtering all.

Beside each figure stands the same with few versions. ``--s3`` runs it on an S3 server of its own (moto) too; the
requests are counted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_artifacts.client import ArtifactClient
from tests.servers.s3 import running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_artifacts.storage import ObjectStore

NAME = "data/set"


def count_requests(store: ObjectStore) -> Counter[str]:
    """Count what is asked of a store from now on."""
    counts: Counter[str] = Counter()
    for name in ("read", "create", "replace", "upload", "list", "folders", "exists", "delete"):
        method = getattr(store, name)

        def counted(*args: object, method: Callable[..., object] = method, name: str = name) -> object:
            counts[name] += 1
            return method(*args)

        setattr(store, name, counted)
    return counts


def measure(client: ArtifactClient, what: str, act: Callable[[], object], times: int = 5) -> None:
    """Print CPU and wall time of the best of several, and the requests of one."""
    best_cpu = best_wall = float("inf")
    fresh = ArtifactClient(client.repository.store.root)
    counts = count_requests(client.repository.store)
    for _ in range(times):
        counts.clear()
        cpu, wall = time.process_time(), time.perf_counter()
        act()
        best_cpu, best_wall = min(best_cpu, time.process_time() - cpu), min(best_wall, time.perf_counter() - wall)
    requests = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    print(f"  {what:46} {best_cpu * 1000:9.1f} {best_wall * 1000:9.1f}   {requests}")
    client.repository.store = fresh.repository.store


def run(root: str, versions: int) -> None:
    """Fill a root and measure."""
    client = ArtifactClient(root)
    print(f"{root.partition('://')[0]}: {'CPU ms':>50} {'wall ms':>9}   requests")
    client.save_artifact("warm/up", b"x")
    measure(client, "save version 2 to 6 of a name", lambda: client.save_artifact("few", b"x", {"n": 1}))
    measure(client, "latest of few", lambda: client.get_artifact_version("few"))
    begin = time.perf_counter()
    for number in range(versions):
        client.save_artifact(NAME, b"x", {"n": number, "even": number % 2 == 0})
    taken = time.perf_counter() - begin
    print(f"  ({versions:,} versions saved in {taken:.0f} s, {taken / versions * 1000:.1f} ms each)")
    measure(client, f"save version {versions + 1:,} and on", lambda: client.save_artifact(NAME, b"x", {"n": -1}))
    measure(client, "latest", lambda: client.get_artifact_version(NAME))
    measure(client, "one by number", lambda: client.get_artifact_version(NAME, versions // 2))
    measure(client, "list all", lambda: client.list_artifact_versions(NAME))
    measure(
        client, "list those with metadata n=77", lambda: client.list_artifact_versions(NAME, metadata={"n": 77})
    )


@contextmanager
def s3_root() -> Iterator[str]:
    """Start an S3 server, and give the URL of a root on it."""
    with running_server() as url:
        os.environ.update(
            AWS_ENDPOINT_URL=url,
            AWS_ACCESS_KEY_ID="someone",
            AWS_SECRET_ACCESS_KEY="something",
            AWS_DEFAULT_REGION="us-east-1",
        )
        import boto3

        boto3.client("s3", endpoint_url=url).create_bucket(Bucket="benchmark")
        yield "s3://benchmark/root"


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=10_000)
    parser.add_argument("--s3", action="store_true", help="on an S3 server too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(f"file://{folder}/root", arguments.versions)
    if arguments.s3:
        with s3_root() as root:
            run(root, arguments.versions)


if __name__ == "__main__":
    main()
