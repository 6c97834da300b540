"""Buckets of S3: their credentials, region and endpoint, as botocore finds them or as a connection gives them."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, cast

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.storage.remote import (
    RemoteObjectStore,
    client_options,
    made,
    require_obstore,
    retry_config,
)
from airflow_artifacts.storage.urls import split_connection, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from fsspec import AbstractFileSystem

_CREDENTIALS_FOR = timedelta(minutes=10)  # botocore renews credentials that expire later than this by itself
_REGION = "us-east-1"  # S3's own, where nobody says another


@dataclass(frozen=True)
class S3Access:
    """How to get at the buckets of somebody.

    Attributes:
        session: A session of boto3 or botocore, which has credentials and renews them.
        region: The region, None for S3's own.
        endpoint: URL of a server that is not Amazon's.
        verify: Whether its certificate is checked, or the path of the certificates to check it with.
    """

    session: Any
    region: str | None = None
    endpoint: str | None = None
    verify: bool | str = True

    def credentials(self) -> dict[str, Any]:
        """Give credentials for some minutes, in the words of obstore."""
        found = self.session.get_credentials().get_frozen_credentials()
        return {
            "access_key_id": found.access_key,
            "secret_access_key": found.secret_key,
            "token": found.token,
            "expires_at": datetime.now(timezone.utc) + _CREDENTIALS_FOR,
        }


def open_s3(url: str, login: Callable[[], S3Access] | None, transfer_bytes: int) -> RemoteObjectStore:
    """Open the store at an ``s3://`` URL.

    Args:
        url: A bucket and perhaps a prefix.
        login: Gives the access, where the URL names a connection; without it the environment does.
        transfer_bytes: What may be in flight of large files, in the process.

    Raises:
        UrlError: There are no credentials.
        MissingExtraError: A package for S3 is not installed.
    """
    bucket, _, prefix = split_connection(url)[1].partition("://")[2].partition("/")
    require_obstore(url)
    opener = functools.partial(_open_bucket, without_credentials(url), bucket, login or _from_environment)
    return RemoteObjectStore(url, prefix, opener, transfer_bytes)


def s3_filesystem(access: S3Access) -> AbstractFileSystem:
    """Give s3fs with the credentials of a connection, for a process in which obstore does not work."""
    s3fs = require("s3fs", extra="s3", purpose="Opening s3:// URLs after a fork")
    found = access.credentials()
    client = {"verify": access.verify}
    if access.region:
        client["region_name"] = access.region
    return cast(
        "AbstractFileSystem",
        s3fs.S3FileSystem(
            key=found["access_key_id"],
            secret=found["secret_access_key"],
            token=found["token"],
            endpoint_url=access.endpoint,
            client_kwargs=client,
            use_listings_cache=False,
        ),
    )


def _from_environment() -> S3Access:
    session = require("botocore.session", extra="s3", purpose="Opening s3:// URLs").get_session()
    endpoint = (
        os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
        or session.get_scoped_config().get("endpoint_url")
    )
    return S3Access(
        session,
        session.get_config_variable("region"),
        endpoint,
        session.get_config_variable("ca_bundle") or True,
    )


def _open_bucket(root: str, bucket: str, login: Callable[[], S3Access]) -> Any:
    access = login()
    if access.session.get_credentials() is None:
        problem = (
            "no AWS credentials are found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role, "
            "or name a connection of Airflow that has them before the bucket: s3://conn_id@bucket/prefix."
        )
        raise UrlError(root, problem)
    config: Any = {"region": access.region or _REGION, "skip_signature": False}  # whatever the environment says
    if access.endpoint:
        config["endpoint"] = access.endpoint
    from obstore.store import S3Store

    return made(
        root,
        lambda: S3Store(
            bucket,
            config=config,
            retry_config=cast("Any", retry_config()),
            client_options=cast("Any", client_options(access.endpoint, access.verify)),
            credential_provider=cast("Any", access.credentials),
        ),
    )
