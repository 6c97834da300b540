"""The ways of copying files to S3 and back, each with the options that make it fastest."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MIB = 1024 * 1024
BUCKET = "bench"
IN_PARTS = "s3fs, 4 x 8 MiB"  # the way that has no other options than s3fs for small files
_THREADS = 8  # as in airflow_artifacts.storage

Pairs = list[tuple["Path", str]]


class Way(Protocol):
    """Copies files to keys of the bucket, and back: one that is large, or many that are small."""

    def upload(self, pairs: Pairs) -> None:
        """Copy local files to keys."""

    def download(self, pairs: Pairs) -> None:
        """Copy the objects of keys to local files."""


def _in_threads(copy: Callable[[Path, str], object], pairs: Pairs) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(copy, *zip(*pairs, strict=True)):
            pass


class Boto3:
    """boto3: its transfer manager for a large file, and eight threads for small ones."""

    def __init__(self) -> None:
        import boto3

        self._client = boto3.client("s3")

    def upload(self, pairs: Pairs) -> None:
        if len(pairs) == 1:
            (path, key) = pairs[0]
            self._client.upload_file(str(path), BUCKET, key)
            return
        _in_threads(
            lambda path, key: self._client.put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes()), pairs
        )

    def download(self, pairs: Pairs) -> None:
        if len(pairs) == 1:
            (path, key) = pairs[0]
            self._client.download_file(BUCKET, key, str(path))
            return

        def copy(path: Path, key: str) -> None:
            path.write_bytes(self._client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

        _in_threads(copy, pairs)


class S3fs:
    """s3fs: ``put`` and ``get``."""

    def __init__(self, **options: Any) -> None:
        import s3fs

        self._options = options
        self._filesystem = s3fs.S3FileSystem(use_listings_cache=False)

    def upload(self, pairs: Pairs) -> None:
        paths, keys = zip(*pairs, strict=True)
        self._filesystem.put([str(path) for path in paths], [f"{BUCKET}/{key}" for key in keys], **self._options)

    def download(self, pairs: Pairs) -> None:
        paths, keys = zip(*pairs, strict=True)
        self._filesystem.get([f"{BUCKET}/{key}" for key in keys], [str(path) for path in paths], **self._options)


class Obstore:
    """obstore: parts in flight for a large file; threads for small ones, which cost less than an event loop."""

    def __init__(self) -> None:
        import obstore
        from obstore.store import S3Store

        self._obstore: Any = obstore
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        self._store: Any = S3Store(BUCKET, config={"endpoint": endpoint}, client_options={"allow_http": True})

    def upload(self, pairs: Pairs) -> None:
        if len(pairs) == 1:
            path, key = pairs[0]
            self._obstore.put(self._store, key, path, chunk_size=8 * MIB, max_concurrency=4)
            return
        _in_threads(
            lambda path, key: self._obstore.put(self._store, key, path.read_bytes(), use_multipart=False), pairs
        )

    def download(self, pairs: Pairs) -> None:
        if len(pairs) == 1:
            path, key = pairs[0]
            with path.open("wb", buffering=0) as file:
                for chunk in self._obstore.get(self._store, key).stream(min_chunk_size=2 * MIB):
                    file.write(chunk)
            return
        _in_threads(lambda path, key: path.write_bytes(self._obstore.get(self._store, key).bytes()), pairs)


class Ours:
    """This package's store."""

    def __init__(self) -> None:
        from airflow_artifacts.storage import open_store

        self._store = open_store(f"s3://{BUCKET}")

    def upload(self, pairs: Pairs) -> None:
        from airflow_artifacts.storage import in_parallel

        in_parallel(lambda pair: self._store.upload(*pair), pairs)

    def download(self, pairs: Pairs) -> None:
        from airflow_artifacts.storage import in_parallel

        in_parallel(lambda pair: self._store.download(pair[1], pair[0]), pairs)


class OursChecked:
    """The way of artifacts: hashed before, compared after, on both ways."""

    def __init__(self) -> None:
        from airflow_artifacts.storage import open_store

        self._store = open_store(f"s3://{BUCKET}")
        self.records: dict[str, Any] = {}

    def upload(self, pairs: Pairs) -> None:
        from airflow_artifacts.artifacts.copying import describe_files, store_files

        files = [(key.partition("/")[2], path) for path, key in pairs]
        folder = pairs[0][1].partition("/")[0]
        store_files(self._store, "bench", folder, describe_files("bench", files), files)

    def download(self, pairs: Pairs) -> None:
        from airflow_artifacts.artifacts.copying import load_file
        from airflow_artifacts.storage import in_parallel

        folder = pairs[0][1].partition("/")[0]
        records = [self.records[key] for _, key in pairs]
        in_parallel(
            lambda pair: load_file(self._store, folder, *pair),
            list(zip(records, (path for path, _ in pairs), strict=True)),
        )

    def remember(self, sources: Sequence[tuple[Path, str]]) -> None:
        """Describe files as the record of an artifact does."""
        from airflow_artifacts.artifacts.copying import describe_file

        self.records = {key: describe_file(key.partition("/")[2], path) for path, key in sources}


WAYS: dict[str, Callable[[], Way]] = {
    "ours": Ours,
    "ours, with SHA-256": OursChecked,
    "boto3": Boto3,
    "s3fs": S3fs,
    IN_PARTS: lambda: S3fs(chunksize=8 * MIB, max_concurrency=4),
    "obstore": Obstore,
}
