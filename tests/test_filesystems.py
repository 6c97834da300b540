from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import get_fs, has_fs

from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.filesystems import hadoop, hadoop_web
from tests.servers.webhdfs import running_server as running_webhdfs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _airflow(airflow_home: Path) -> None:
    """Airflow, with its configuration in a folder of the test."""


def connect(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MINE", json.dumps(fields))


@pytest.mark.parametrize("scheme", ["hdfs", "webhdfs", "http", "https", "memory", "file", "s3"])
def test_airflow_knows_the_scheme(scheme: str) -> None:
    assert has_fs(scheme)


def test_a_path_on_webhdfs(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_webhdfs("somebody") as url:
        host, port = url.removeprefix("http://").split(":")
        connect(monkeypatch, conn_type="webhdfs", host=host, port=int(port), login="somebody")
        filesystem = get_fs("webhdfs", "mine")
        filesystem.pipe_file("/folder/a", b"1")
        with pytest.warns(UserWarning, match="not explicitly implemented"):  # universal_pathlib says so
            path = ObjectStoragePath(f"webhdfs://mine@{host}:{port}/folder/a")
        assert path.read_bytes() == b"1"
        assert [each.name for each in path.parent.iterdir()] == ["a"]


def test_what_a_connection_of_webhdfs_says(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"use_ssl": True, "verify": "/ca.pem", "cert": "/c", "key": "/k", "proxy_to": "other"}
    connect(monkeypatch, conn_type="webhdfs", host="name-node", login="me", password="hunter2", extra=extra)
    filesystem: Any = hadoop_web.get_fs("mine")
    assert filesystem.url == "https://name-node:9870/webhdfs/v1"
    assert (filesystem.session.verify, filesystem.session.cert) == ("/ca.pem", ("/c", "/k"))
    assert filesystem.pars == {"doas": "other"}
    assert filesystem.session.auth.password == "hunter2"  # noqa: S105


def test_the_user_of_the_environment_is_not_that_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADOOP_USER_NAME", "me")
    connect(monkeypatch, conn_type="webhdfs", host="name-node")
    assert hadoop_web.get_fs("mine").pars == {}
    assert hadoop_web.get_fs(None, {"host": "name-node"}).pars == {"user.name": "me"}
    with pytest.raises(UrlError, match="it names no host"):
        hadoop_web.get_fs(None)


def test_hadoop_that_is_not_there_is_an_error_with_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, conn_type="hdfs", host="name-node", port=8020, login="me")
    for conn_id in ("mine", None):
        with pytest.raises(UrlError, match=r"Hadoop's library could not be used .*webhdfs://host:9870"):
            hadoop.get_fs(conn_id)


def test_memory_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, conn_type="generic")
    ObjectStoragePath("memory://mine@some/a").write_bytes(b"1")
    assert ObjectStoragePath("memory://some/a").read_bytes() == b"1"


def test_the_web(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, conn_type="http", login="me", password="hunter2")
    for filesystem in (get_fs("http", None), get_fs("https", "mine")):
        with pytest.raises(Exception, match=r"127\.0\.0\.1"):
            filesystem.cat_file("http://127.0.0.1:1/a")
