"""Files that exist elsewhere become versions: by copy, or by reference, and then they are read from there."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest

from airflow_artifacts.artifacts import Access, ArtifactConfig, ArtifactRecord, ArtifactRepository, Origin
from airflow_artifacts.artifacts.records import check_source
from airflow_artifacts.artifacts.saving import save_source
from airflow_artifacts.artifacts.sources import find_source, is_source
from airflow_artifacts.client import ArtifactClient
from airflow_artifacts.exceptions import (
    ArtifactError,
    ArtifactLoadError,
    ArtifactNotFoundError,
    DamagedObjectError,
    ObjectNotFoundError,
    StorageError,
    UnsafeFileError,
    UnsafeNameError,
    UnsafeUrlError,
    UrlError,
    VersionExistsError,
)
from airflow_artifacts.storage import ObjectStore, Producer, open_store
from airflow_artifacts.storage.http import HttpObjectStore, fetching
from tests.artifacts.support import keys
from tests.servers.web import Web, web_server

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "s3cr3t"  # noqa: S105
BIG = os.urandom(9_000_000)
FILES = {"a.txt": b"a", "d/b.bin": BIG, "d/e/c #1%.txt": b""}


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__HTTP_HOSTS", "127.0.0.1")
    monkeypatch.setattr(fetching, "WAITS", (0,))


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as running:
        yield running


@pytest.fixture
def client(tmp_path: Path) -> ArtifactClient:
    return ArtifactClient(tmp_path / "root")


@pytest.fixture(params=["path", "file", "memory"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder with files."""
    if request.param == "memory":
        url = f"memory://{uuid.uuid4().hex}/a b"
        for path, data in FILES.items():
            fsspec.filesystem("memory").pipe_file(f"{url.removeprefix('memory:/')}/{path}", data)
        return url
    folder = tmp_path / "a b"
    for path, data in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return str(folder) if request.param == "path" else folder.as_uri()


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def overwrite(url: str, data: bytes | None) -> None:
    filesystem, path = fsspec.core.url_to_fs(url.replace("%20", " "))
    filesystem.rm_file(path) if data is None else filesystem.pipe_file(path, data)


@pytest.mark.parametrize("copy", [True, False])
class TestFolders:
    def test_a_folder_becomes_a_version(
        self, client: ArtifactClient, source: str, copy: bool, tmp_path: Path
    ) -> None:
        ref = client.register_artifact(
            source, "data", copy=copy, metadata={"x": 1}, tags=["t"], version="v1"
        )  # fmt: skip
        version = client.get_artifact_version("data", "v1")
        assert ref == version.to_ref()
        assert (version.kind, version.codec, version.tags, version.size) == ("folder", "folder", ("t",), 9_000_001)
        expected = {path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in FILES.items()}
        assert {file.path: (file.size, file.sha256) for file in version.files} == expected
        assert tree(version.load()) == FILES
        assert tree(version.download(tmp_path / "new", file="d").parent) == {
            p: FILES[p] for p in FILES if p[0] == "d"
        }
        assert client.load_text("artifact://data@1/a.txt") == "a"
        url = source if source.startswith("memory") else (tmp_path / "a b").as_uri()
        assert version.metadata == {"size": 9_000_001, "files": 3, "source": url, "x": 1}
        assert version.source == (None if copy else url)
        stored = [key.removeprefix(f"{version.path}/") for key in keys(client.repository.store) if "/data-" in key]
        assert stored == (sorted(FILES) if copy else ["source.json"])
        assert client.list_artifact_versions("data", tags="t")[0].source == version.source
        assert client.get_artifact_version("data", 1).record.to_json() == version.record.to_json()

    def test_the_source_may_change_after_a_copy(self, client: ArtifactClient, source: str, copy: bool) -> None:
        ref = client.register_artifact(source, "data", copy=copy)
        overwrite(f"{source}/a.txt", b"b")
        if copy:
            assert tree(client.load_artifact(ref)) == FILES
            return
        with pytest.raises(DamagedObjectError, match=r"a.txt is damaged: it was changed since.*by reference"):
            client.load_artifact(ref)
        overwrite(f"{source}/a.txt", b"longer")
        with pytest.raises(DamagedObjectError, match=r"has 6 bytes, not 1.*register it anew"):
            client.download_artifacts("artifact://data@1/a.txt")
        overwrite(f"{source}/a.txt", None)
        with pytest.raises(ObjectNotFoundError):
            client.load_artifact(ref)

    def test_deleting_leaves_the_source(
        self, client: ArtifactClient, source: str, copy: bool, tmp_path: Path
    ) -> None:
        client.register_artifact(source, "data", copy=copy)
        client.delete_artifact_version("data", 1)
        assert not [key for key in keys(client.repository.store) if key.startswith("saved/")]
        assert tree(client.download_artifacts(source if "://" in source else Path(source).as_uri())) == FILES


@pytest.mark.parametrize("copy", [True, False])
def test_a_file_becomes_a_version(client: ArtifactClient, source: str, copy: bool) -> None:
    ref = client.register_artifact(f"{source}/d/b.bin", "raw/data", copy=copy)
    version = client.get_artifact_version("raw/data")
    assert (version.kind, version.codec, [file.path for file in version.files]) == ("file", "file", ["b.bin"])
    assert version.media_type == "application/octet-stream"
    path = client.load_artifact(ref)
    assert (path.name, path.read_bytes()) == ("b.bin", BIG)
    assert (version.source is None) == copy
    overwrite(f"{source}/d/b.bin", BIG[:-1] + b"x")
    if not copy:
        with pytest.raises(DamagedObjectError, match="its SHA-256 is another one"):
            client.load_artifact(ref)


def test_a_path_may_be_a_path_or_a_link(
    client: ArtifactClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_text("a")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "l.txt").symlink_to("real/a.txt")
    (tmp_path / "real" / "inner").symlink_to("a.txt")
    monkeypatch.chdir(tmp_path)
    for uri in (Path("link"), tmp_path / "real" / ".." / "link"):
        assert tree(client.load_artifact(client.register_artifact(uri, "a", copy=False))) == {
            "a.txt": b"a",
            "inner": b"a",
        }
    assert client.get_artifact_version("a").source == (tmp_path / "real").resolve().as_uri()
    assert client.load_artifact(client.register_artifact("l.txt", "b", copy=False)).read_text() == "a"


def make_empty(folder: Path) -> str:
    return str(folder)


def make_fifo(folder: Path) -> str:
    os.mkfifo(folder / "fifo")
    return str(folder / "fifo")


def make_link(folder: Path) -> str:
    (folder / "link").symlink_to("/etc/hostname")
    return str(folder)


def make_name(folder: Path) -> str:
    (folder / "a\nb").write_text("x")
    return str(folder)


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize(
    ("make", "error"),
    [
        (make_empty, ArtifactError),
        (make_fifo, UnsafeFileError),
        (make_link, UnsafeFileError),
        (make_name, UnsafeNameError),
        (lambda folder: f"{make_name(folder)}/a\nb", UnsafeNameError),
        (lambda folder: f"{folder}/absent", ArtifactError),
        (lambda _: "memory://nothing/here", ArtifactError),
        (lambda _: "memory://nothing", ArtifactError),
        (lambda _: "memory://nothing/here/", ArtifactError),
    ],
)
def test_what_is_no_file_and_no_folder(
    client: ArtifactClient, tmp_path: Path, make: Any, error: type[Exception], copy: bool
) -> None:
    (tmp_path / "source").mkdir()
    uri = make(tmp_path / "source")
    with pytest.raises(error):
        client.register_artifact(uri, "data", copy=copy)
    assert keys(client.repository.store) == []


def test_names_in_a_store_that_lead_elsewhere(client: ArtifactClient, tmp_path: Path) -> None:
    folder = uuid.uuid4().hex
    fsspec.filesystem("memory").pipe_file(f"/{folder}/%", b"good")
    fsspec.filesystem("memory").store[f"/{folder}/%2e%2e/x"] = fsspec.implementations.memory.MemoryFile(
        None, f"/{folder}/%2e%2e/x", b"x"
    )
    for copy in (True, False):
        with pytest.raises(UnsafeNameError):
            client.register_artifact(f"memory://{folder}", "data", copy=copy)
    with pytest.raises(UnsafeNameError):
        client.download_artifacts(f"memory://{folder}", tmp_path / "d")
    assert keys(client.repository.store) == []
    assert not (tmp_path / "d").exists()


def test_objects_that_stand_for_folders(client: ArtifactClient) -> None:
    class Marked(ObjectStore):
        def list(self, prefix: str = "") -> Any:
            return [replace(info, key=key, size=size) for info in super().list(prefix)
                    for key, size in [("", 0), ("d", 0), ("d/a", info.size)]]  # fmt: skip

    folder = uuid.uuid4().hex
    memory = fsspec.filesystem("memory")
    memory.pipe_file(f"/{folder}/d/a", b"x")
    found = find_source("a", f"memory://{folder}", lambda url: Marked(url, memory, f"/{folder}"))
    assert found.keys == [("d/a", "d/a")]


def test_many_files(client: ArtifactClient) -> None:
    folder = uuid.uuid4().hex
    for number in range(1200):
        fsspec.filesystem("memory").pipe_file(f"/{folder}/{number % 7}/{number}", str(number).encode())
    for copy in (True, False):
        version = client.repository.find(client.register_artifact(f"memory://{folder}", "many", copy=copy)).version
        assert len(version.files) == 1200
        assert {file.path.rpartition("/")[2]: file.size for file in version.files}["1199"] == 4
    assert len(tree(client.load_artifact("many"))) == 1200


def test_a_label_is_given_once(client: ArtifactClient, source: str) -> None:
    client.register_artifact(source, "data", version="v1")
    with pytest.raises(VersionExistsError):
        client.register_artifact(source, "data", version="v1", copy=False)
    assert len(client.list_artifact_versions("data")) == 1


def test_a_task_that_runs_again_gets_its_version_again(client: ArtifactClient, source: str) -> None:
    config = ArtifactConfig("data", "v1").checked()

    def register(number: int, *, copy: bool) -> int:
        found = find_source("data", source, client.repository.access.open_source)
        origin = Origin(Producer("d", "r", "t", try_number=number, attempt=str(number)))
        return save_source(client.repository, config, found, origin, copy=copy).version

    assert register(1, copy=False) == register(2, copy=False) == 1
    with pytest.raises(VersionExistsError):
        register(3, copy=True)
    overwrite(f"{source}/a.txt", b"b")
    with pytest.raises(VersionExistsError):
        register(4, copy=False)
    assert len([key for key in keys(client.repository.store) if key.startswith("runs/")]) == 1


def test_a_store_that_fails_leaves_nothing(
    client: ArtifactClient, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = client.repository.store
    real = type(store).write

    def fail(self: Any, key: str, data: bytes) -> None:
        if key.endswith(("%.txt", "source.json")):
            raise StorageError("write", key, "no space")
        real(self, key, data)

    monkeypatch.setattr(type(store), "write", fail)
    for copy in (True, False):
        with pytest.raises(StorageError, match="no space"):
            client.register_artifact(source, "data", copy=copy)
    assert keys(store) == []


# HTTP


@pytest.mark.parametrize("copy", [True, False])
def test_a_file_of_a_web_server(client: ArtifactClient, web: Web, copy: bool, tmp_path: Path) -> None:
    url = web.add("/d/My%20File.csv", BIG)
    ref = client.register_artifact(url, "data", copy=copy)
    version = client.get_artifact_version("data")
    assert version.metadata == {"size": len(BIG), "source": url}
    assert version.source == (None if copy else url)
    path = version.download(tmp_path / "d")
    assert (path, path.read_bytes()) == (tmp_path / "d" / "My File.csv", BIG)
    web.add("/d/My%20File.csv", b"x" + BIG[1:])
    if copy:
        assert client.load_artifact(ref).read_bytes() == BIG
    else:
        with pytest.raises(DamagedObjectError, match=url):
            client.load_artifact(ref)
    assert sum(path.startswith("/d/") for path, _ in web.requests) < 10


def test_a_copy_may_need_a_signature_that_is_never_kept(
    client: ArtifactClient, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    url = web.add("/a.csv", b"x")
    ref = client.register_artifact(f"{url}?X-Signature={SECRET}#{SECRET}", "data")
    assert web.requests[0][0] == f"/a.csv?X-Signature={SECRET}"
    version = client.get_artifact_version("data")
    kept = json.dumps([ref, version.record.to_json(), version.metadata]) + repr(version) + caplog.text
    assert version.metadata["source"] == url
    assert SECRET not in kept
    for path in Path(client.repository.store.root.removeprefix("file://")).rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    "uri",
    [
        f"https://127.0.0.1/a.csv?X={SECRET}",
        f"https://127.0.0.1/a.csv#{SECRET}",
        f"https://me:{SECRET}@127.0.0.1/a.csv",
        f"https://me:{SECRET}/x@127.0.0.1/a.csv",
        f"HTTPS://{SECRET}:{SECRET}@127.0.0.1/a.csv",
        f"s3://AK:{SECRET}@bucket/a.csv",
        f"s3://AK:{SECRET}/x@bucket/a.csv",
        f"gs://bucket/a.csv?{SECRET}",
        f"memory://x/y#{SECRET}",
        f"ftp://h/a?{SECRET}",
        f"simplecache::http://127.0.0.1/a?{SECRET}",
    ],
)
@pytest.mark.parametrize("copy", [True, False])
def test_urls_with_a_secret(
    client: ArtifactClient, uri: str, copy: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    is_used = copy and uri.startswith("https") and "@" not in uri
    kind: Any = StorageError if is_used else UnsafeUrlError
    with pytest.raises(kind) as error:
        client.register_artifact(uri, "data", copy=copy)
    chain = [
        error.value,
        error.value.__cause__,
        error.value.__context__ if not error.value.__suppress_context__ else "",
    ]
    assert SECRET not in f"{chain!r} {caplog.text}"
    assert keys(client.repository.store) == []


def test_a_connection_in_front_of_a_web_server_is_not_kept(client: ArtifactClient, web: Web) -> None:
    with pytest.raises(UnsafeUrlError) as error:
        check_source(f"https://{SECRET}@h/a")
    assert SECRET not in str(error.value)
    web.add("/a.csv", b"x")
    asked: list[str] = []

    def opener(url: str) -> ObjectStore:
        asked.append(url)
        return HttpObjectStore(web.url, hosts=["127.0.0.1"])

    access = replace(client.repository.access, open_source=opener)
    client.__dict__["repository"] = ArtifactRepository(client.repository.store, access)
    client.register_artifact(f"http://my_conn@127.0.0.1:{web.port}/a.csv?{SECRET}", "data")
    assert asked == [f"http://my_conn@127.0.0.1:{web.port}"]
    assert client.get_artifact_version("data").metadata["source"] == f"{web.url}/a.csv"


def test_what_a_web_server_does_not_have(client: ArtifactClient, web: Web, tmp_path: Path) -> None:
    for copy in (True, False):
        with pytest.raises(ArtifactError, match=f"there is no file at {web.url}/a.csv"):
            client.register_artifact(f"{web.url}/a.csv", "data", copy=copy)
        for folder in (f"{web.url}/d/", web.url):
            with pytest.raises(UrlError, match="there are no folders"):
                client.register_artifact(folder, "data", copy=copy)
    with pytest.raises(ArtifactNotFoundError, match="There is no file"):
        client.download_artifacts(f"{web.url}/a.csv", tmp_path / "d")
    for name in ("..", "%2e%2e", "a%2fb", "a%5Cb"):
        with pytest.raises(UnsafeNameError):
            client.download_artifacts(f"{web.url}/d/{name}", tmp_path / "d")
    with pytest.raises(UnsafeUrlError):
        client.download_artifacts("http://169.254.169.254/latest/meta-data", tmp_path / "d")
    assert tree(tmp_path) == {}


# Downloads


def test_a_download_of_a_url(client: ArtifactClient, web: Web, tmp_path: Path) -> None:
    url = web.add("/d/a.csv", BIG)
    target = tmp_path / "new" / "folder"
    assert client.download_artifacts(f"{url.replace('http', 'HTTP')}?x=1", target) == target / "a.csv"
    assert tree(target) == {"a.csv": BIG}
    assert client.download_artifacts(url).read_bytes() == BIG


def test_a_download_that_fails_leaves_what_was_there(client: ArtifactClient, web: Web, tmp_path: Path) -> None:
    url = web.add("/a.csv", BIG, cuts=[1000] * 99)
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(StorageError):
        client.download_artifacts(url, tmp_path)
    assert tree(tmp_path) == {"a.csv": b"old"}


def test_a_folder_in_the_way(client: ArtifactClient, web: Web, tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ArtifactLoadError, match=r"is in the way of its files. Give another folder"):
        client.download_artifacts(web.add("/a.csv", b"x"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_download_of_a_folder(client: ArtifactClient, source: str, tmp_path: Path) -> None:
    url = source if "://" in source else Path(source).as_uri()
    assert client.download_artifacts(url, tmp_path / "new") == tmp_path / "new"
    assert tree(tmp_path / "new") == FILES
    assert client.download_artifacts(f"{url}/d/b.bin").read_bytes() == BIG
    with pytest.raises(ArtifactNotFoundError, match="There is no file, and no folder with files, at"):
        client.download_artifacts(f"{url}/absent", tmp_path / "other")
    assert client.list_artifacts() == []


def test_links_in_the_folder_are_not_followed(client: ArtifactClient, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "d").symlink_to(tmp_path / "outside")
    (tmp_path / "target" / "a.txt").symlink_to(tmp_path / "outside" / "a.txt")
    (tmp_path / "source" / "d").mkdir(parents=True)
    (tmp_path / "source" / "d" / "x").write_text("x")
    with pytest.raises(ArtifactLoadError, match="leads out of the folder"):
        client.download_artifacts((tmp_path / "source").as_uri(), tmp_path / "target")
    (tmp_path / "source" / "a.txt").write_text("a")
    assert (
        client.download_artifacts((tmp_path / "source" / "a.txt").as_uri(), tmp_path / "target").read_text() == "a"
    )
    assert tree(tmp_path / "outside") == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [("s3://b/a", True), ("HTTPS://h/a", True), ("artifact://a", False), ("run://d/r", False), ("a/b", False)],
)
def test_urls_and_references(text: str, found: bool) -> None:
    assert is_source(text) == found


# Records that somebody wrote


def record_of(client: ArtifactClient, **changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(json.dumps(client.get_artifact_version("data", 1).record.to_json()))
    return {**record, **changes}


@pytest.mark.parametrize(
    "source",
    [
        "ftp://h/a",
        "artifact://a",
        "/etc/passwd",
        "etc/passwd",
        "file:///srv/../etc/passwd",
        "file:///srv/%2e%2e/etc/passwd",
        "s3://b/../c/a",
        "s3://b//a",
        "s3://",
        "s3://AK:SK@b/a",
        "https://token@h/a",
        "https://h/a?x",
        "https://h/../a",
        "https://h/%2e%2e/a",
        "https://h/a\nb",
        "",
    ],
)
def test_a_planted_source_is_refused(client: ArtifactClient, tmp_path: Path, source: str) -> None:
    (tmp_path / "a").write_text("x")
    client.register_artifact(tmp_path / "a", "data", copy=False)
    with pytest.raises((UnsafeUrlError, UnsafeNameError)) as error:
        ArtifactRecord.from_json(record_of(client, source=source))
    assert "token" not in str(error.value).replace("may be a token", "")


def test_a_planted_codec_runs_nothing(client: ArtifactClient, tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_text("x")
    client.register_artifact(tmp_path / "a.pkl", "data", copy=False)
    with pytest.raises(ValueError, match="its codec is 'pickle', and it is kept elsewhere"):
        ArtifactRecord.from_json(record_of(client, codec="pickle"))
    with pytest.raises(ValueError, match="source is 3"):
        ArtifactRecord.from_json(record_of(client, source=3))
    value = record_of(client)
    del value["source"]
    with pytest.raises(ValueError, match="it has no source"):
        ArtifactRecord.from_json(value)


def test_a_planted_record_cannot_make_a_file_pass_for_another(client: ArtifactClient, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "secret").write_text(SECRET)
    client.register_artifact(tmp_path / "a", "data", copy=False)
    record = ArtifactRecord.from_json(record_of(client, source=(tmp_path / "secret").as_uri()))
    version = client.repository.version(1, record)
    with pytest.raises(DamagedObjectError):
        version.load()
    web = ArtifactRecord.from_json(record_of(client, source="http://169.254.169.254/latest"))
    with pytest.raises(UnsafeUrlError):
        client.repository.version(1, web).load()


def test_a_ref_does_not_say_where_files_are(client: ArtifactClient, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    ref = client.register_artifact(tmp_path / "a", "data", copy=False)
    assert set(ref) == {"format", "uri", "name", "version", "kind", "path", "metadata", "label"}
    changed = {**ref, "metadata": {**ref["metadata"], "source": "file:///etc/passwd"}}
    assert client.load_artifact(changed).read_text() == "x"


def test_looking_at_a_version_opens_no_source(client: ArtifactClient, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    client.register_artifact(tmp_path / "a", "data", copy=False)

    def opener(url: str) -> ObjectStore:
        raise AssertionError(url)

    repository = ArtifactRepository(client.repository.store, Access(open_source=opener))
    (version,) = repository.latest()
    assert [file.path for file in version.files] == ["a"]
    assert version.to_ref()["metadata"] == version.metadata
    repository.delete("data", [1])


def test_any_scheme_is_opened_with_what_the_caller_has(client: ArtifactClient, tmp_path: Path) -> None:
    folder = uuid.uuid4().hex
    fsspec.filesystem("memory").pipe_file(f"/{folder}/d/a", b"x")
    asked: list[str] = []

    def opener(url: str) -> ObjectStore:
        asked.append(url)
        return open_store(url.replace("s3://conn@bucket", f"memory://{folder}"))

    repository = ArtifactRepository(client.repository.store, Access(open_source=opener))
    client.__dict__["repository"] = repository
    for uri in ("s3://conn@bucket/d", "s3://conn@bucket/d/a"):
        version = repository.find(client.register_artifact(uri, "data", copy=False)).version
        assert version.source == uri
        assert [path.read_bytes() for path in version.download(tmp_path / str(version.version)).parent.rglob("a")]
    assert set(asked) == {"s3://conn@bucket/d", "s3://conn@bucket/d/a"}
