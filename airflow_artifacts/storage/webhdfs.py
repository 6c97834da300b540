"""Objects below a folder of HDFS, through the web interface of its name node."""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

from airflow_artifacts._optional import require
from airflow_artifacts.exceptions import UrlError
from airflow_artifacts.storage import retries
from airflow_artifacts.storage.hadoop import HadoopObjectStore, is_aside
from airflow_artifacts.storage.objects import ObjectState, check_size
from airflow_artifacts.storage.transfers import PART, Progress, read_parts
from airflow_artifacts.storage.urls import split_connection, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fsspec import AbstractFileSystem

_PORT = 9870  # of the name node's web interface, since Hadoop 3
_TIMEOUT = (10, 120)  # seconds to connect, and of silence
_PASSING = frozenset({429, 500, 502, 503, 504})
# The name node that is asked is not the active one, or is starting.
_PASSING_ERRORS = frozenset({"StandbyException", "RetriableException", "SafeModeException"})
_REFUSED = 400


class WebHdfsError(OSError):
    """HDFS refused a request, or gave no answer."""

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class WebHdfsObjectStore(HadoopObjectStore):
    """The objects below a folder of HDFS, with the session of fsspec's file system, which knows who we are."""

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has the key."""
        with self._errors("look at", key):
            return self._status(self._path(key)) is not None

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self._errors("delete", key):
            self._remove(self._path(key), recursive=False)

    def _read(self, path: str, limit: int | None = None) -> bytes:
        if limit is not None:
            check_size(self._state(path).size, limit)
        data: bytes = self._call("GET", path, "OPEN").content
        return data

    def _fetch(self, path: str, start: int, end: int) -> bytes:
        data: bytes = self._call("GET", path, "OPEN", offset=start, length=end - start).content
        return data

    def _state(self, path: str) -> ObjectState:
        status = self._status(path)
        if status is None or status["type"] == "DIRECTORY":
            raise FileNotFoundError(path)
        return ObjectState(int(status["length"]), f"{status.get('fileId')} {status.get('modificationTime')}")

    def _status(self, path: str) -> dict[str, Any] | None:
        with contextlib.suppress(FileNotFoundError):
            found: dict[str, Any] = self._call("GET", path, "GETFILESTATUS").json()["FileStatus"]
            return found
        return None

    def _children(self, path: str) -> list[dict[str, Any]]:
        with contextlib.suppress(FileNotFoundError):
            found: list[dict[str, Any]] = self._call("GET", path, "LISTSTATUS").json()["FileStatuses"][
                "FileStatus"
            ]
            # Without a suffix, it is the path itself: a file.
            return [each for each in found if each["pathSuffix"] and not is_aside(each["pathSuffix"])]
        return []

    def _find(self, path: str) -> Iterator[tuple[str, int]]:
        for child in self._children(path):
            below = f"{path}/{child['pathSuffix']}"
            if child["type"] == "DIRECTORY":
                yield from self._find(below)
            else:
                yield below, int(child["length"])

    def _find_folders(self, path: str) -> Iterator[str]:
        return (each["pathSuffix"] for each in self._children(path) if each["type"] == "DIRECTORY")

    def _write(self, path: str, data: bytes) -> None:
        retries.retried(lambda: self._put(path, data), _may_pass)

    def _write_file(self, path: str, file: BinaryIO, size: int, progress: Progress, *, hashed: bool) -> str | None:
        def write() -> str | None:
            file.seek(0)
            digest = hashlib.sha256() if hashed else None
            self._put(path, _Body(read_parts(file, PART, progress, digest), size))
            return digest.hexdigest() if digest else None

        # What was cut is begun anew: HDFS does not say which bytes it has.
        return retries.retried(write, _may_pass)

    def _put(self, path: str, data: Any) -> None:
        """Write a file with two requests, of which the first says which data node takes the second."""
        answer = self._ask("PUT", path, "CREATE", redirect=False, overwrite="true")
        where = self._filesystem._apply_proxy(answer.headers["Location"])  # noqa: SLF001 - it has no public name
        self._request("PUT", where, data=data, headers={"Content-Type": "application/octet-stream"})

    def _place_new(self, aside: str, target: str) -> None:
        # Without an option, it would go into a folder that has the name.
        self._rename(aside, target, "NONE")

    def _place(self, aside: str, target: str) -> None:
        self._rename(aside, target, "OVERWRITE")

    def _rename(self, aside: str, target: str, option: str) -> None:
        try:
            answer = self._call("PUT", aside, "RENAME", destination=target, renameoptions=option)
        except (FileExistsError, FileNotFoundError):
            # Nobody else knows the name of what was written aside. If it has gone, an earlier try did it, whose
            # answer was lost.
            if self._status(aside) is not None or self._status(target) is None:
                raise
            return
        # Only a rename without options is answered in words. HttpFS knows no other, and may have done nothing.
        if b'"boolean"' in answer.content:
            raise WebHdfsError(
                "the server renames without options, as an HttpFS gateway does, so that nothing could be created "
                "once or replaced. Name the web address of the name node itself."
            )

    def _is_folder(self, path: str) -> bool:
        status = self._status(path)
        return status is not None and status["type"] == "DIRECTORY"

    def _remove(self, path: str, *, recursive: bool = True) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._call("DELETE", path, "DELETE", recursive="true" if recursive else "false")

    def _call(self, method: str, path: str, operation: str, **arguments: Any) -> Any:
        return retries.retried(lambda: self._ask(method, path, operation, **arguments), _may_pass)

    def _ask(self, method: str, path: str, operation: str, *, redirect: bool = True, **arguments: Any) -> Any:
        filesystem = self._filesystem
        url = f"{filesystem.url}{quote(path, safe='/')}"
        asked = {**arguments, **filesystem.pars, "op": operation}
        return self._request(method, url, params=asked, allow_redirects=redirect)

    def _request(self, method: str, url: str, **options: Any) -> Any:
        import requests

        cut = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
        try:
            answer = self._filesystem.session.request(method, url, timeout=_TIMEOUT, **options)
        except requests.RequestException as error:
            # Its own words quote the URL, where a delegation token may be.
            message = f"{urlsplit(url).netloc} gave no answer ({type(error).__name__})"
            raise WebHdfsError(message, may_pass=isinstance(error, cut)) from None
        return _check(answer)


class _Body:
    """A body that is sent as it comes, of a length that is said beforehand."""

    def __init__(self, parts: Iterator[bytes], size: int) -> None:
        self._parts = parts
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        return self._parts


def open_webhdfs(url: str, options: dict[str, Any]) -> AbstractFileSystem:
    """Give the file system of a ``webhdfs://`` URL.

    Args:
        url: Host and port of the name node's web interface, and a path.
        options: What fsspec's file system takes; without a user, the variable ``HADOOP_USER_NAME`` has it.

    Raises:
        UrlError: There is no host, or a password in the URL.
        MissingExtraError: requests is not installed.
    """
    require("requests", extra="hdfs", purpose="Opening webhdfs:// URLs")
    from fsspec.implementations.webhdfs import WebHDFS

    conn_id, place = split_connection(url)
    authority = place.partition("://")[2].partition("/")[0]
    host, _, port = authority.rpartition(":") if ":" in authority else (authority, "", "")
    if "@" in authority or (port and not port.isdecimal()):
        raise UrlError(
            without_credentials(url), "credentials do not belong into a URL. Name a connection instead."
        )
    found = dict(options)
    if host:
        found["host"] = host
    if port:
        found["port"] = port
    found["port"] = int(found.get("port") or _PORT)
    if not found.get("host"):
        raise UrlError(without_credentials(url), "it names no host: webhdfs://host:9870/path.")
    user = os.environ.get("HADOOP_USER_NAME")
    if conn_id is None and user and not {"user", "token", "kerberos"} & found.keys():
        found["user"] = user
    return WebHDFS(**found, skip_instance_cache=True)


def _check(answer: Any) -> Any:
    """Give an answer, or raise what it says.

    Raises:
        FileNotFoundError: There is no such file.
        FileExistsError: There is one.
        WebHdfsError: It is something else.
    """
    if answer.status_code < _REFUSED:
        return answer
    try:
        found = answer.json()["RemoteException"]
        kind, message = str(found["exception"]), str(found["message"]).partition("\n")[0]
    except (ValueError, KeyError, TypeError):
        kind, message = "no reason given", answer.reason
    if kind in {"FileNotFoundException", "ParentNotDirectoryException"}:
        raise FileNotFoundError(message)
    if kind == "FileAlreadyExistsException":
        raise FileExistsError(message)
    raise WebHdfsError(
        f"HTTP {answer.status_code}, {kind}: {message}",
        may_pass=answer.status_code in _PASSING or kind in _PASSING_ERRORS,
    )


def _may_pass(error: Exception) -> bool:
    return isinstance(error, WebHdfsError) and error.may_pass
