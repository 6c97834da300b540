"""docker-compose.yml without Docker: its services as processes, with two workers, and S3 by moto."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING, Any

from tests.cluster.cluster import Cluster, Ports
from tests.cluster.databases import running_postgres, running_redis
from tests.deployment.compose import PROJECT, fill_in, read_compose, read_environment
from tests.servers.s3 import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def moved(value: Any, addresses: Mapping[str, str]) -> Any:
    """Replace the addresses in a value, and in the values in it, by those of this machine."""
    if isinstance(value, dict):
        return {name: moved(each, addresses) for name, each in value.items()}
    if isinstance(value, list):
        return [moved(each, addresses) for each in value]
    if not isinstance(value, str):
        return value
    for address, here in addresses.items():
        value = value.replace(address, here)
    return value


def make_bucket(environment: Mapping[str, str]) -> None:
    """Do what the S3 store's own command does when it starts."""
    import boto3

    bucket = environment["AIRFLOW__AIRFLOW_ARTIFACTS__ROOT"].split("/")[2]
    boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    ).create_bucket(Bucket=bucket)


@contextlib.contextmanager
def running_cluster(home: Path) -> Iterator[Cluster]:
    """Run all services until they are not needed any more."""
    subprocess.run(
        ["sh", str(PROJECT / "docker" / "make-env.sh"), str(home / "env")], check=True, capture_output=True
    )
    secrets = read_environment(home / "env")
    (home / "env").unlink()
    services = fill_in(read_compose()["services"], secrets)
    ports = Ports()
    with (
        running_postgres(home, ports.postgres, services["postgres"]["environment"]),
        running_redis(home, ports.redis, services["redis"]["environment"]["REDIS_PASSWORD"]),
        running_server() as s3,
    ):
        cluster = Cluster(home, secrets, moved(services, ports.addresses(s3)), ports)
        make_bucket(cluster.environment)
        try:
            cluster.run_init()
            cluster.start()
            cluster.wait_until_healthy()
            yield cluster
        finally:
            cluster.stop()
