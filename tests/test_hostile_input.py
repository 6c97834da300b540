"""What comes from outside and leads elsewhere: one table, each case refused by one class of error.

A case is something that is done with something hostile. Nothing may have changed afterwards, below the root or
beside it, and no secret may have been said.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import stat
import time
import traceback
from argparse import ArgumentTypeError, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from airflow_artifacts import ArtifactClient
from airflow_artifacts.artifacts import ArtifactConfig, ArtifactRepository, StoreArtifactSink, find_records
from airflow_artifacts.artifacts.uris import parse_uri
from airflow_artifacts.artifacts.verifying import verify
from airflow_artifacts.cli.arguments import version_reference
from airflow_artifacts.client import Output
from airflow_artifacts.distiset.references import find_references, note_location
from airflow_artifacts.exceptions import ArtifactNotFoundError, ArtifactsError, UnsafeInputError
from airflow_artifacts.rows import Rows, RowsWriter, find_refs
from airflow_artifacts.steps import LoadDataFromFiles
from airflow_artifacts.storage import Producer, open_store, retries
from tests.cli.support import add
from tests.distiset.support import distiset, numbered
from tests.storage.s3 import s3_environment, s3_root, s3_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["s3_environment", "s3_root", "s3_server"]

PRODUCER = Producer("dag", "run", "task", attempt="one")
LONG = 1_000_000

# Texts that no file may be called, each for one reason.
PATHS = {
    "parent": "../x",
    "only the parent": "..",
    "parent in the middle": "a/../../x",
    "this folder": "./x",
    "absolute": "/etc/x",
    "backslash": "a\\x",
    "parent by backslash": "..\\x",
    "drive": "c:x",
    "absolute on a drive": "C:/x",
    "UNC": "//server/share/x",
    "UNC by backslash": "\\\\server\\share\\x",
    "NUL": "a\0.txt",
    "line break": "a\nb",
    "escape": "\x1b[2J",
    "delete": "a\x7f",
    "control of Latin 1": "a\x85b",
    "nothing": "",
    "empty segment": "a//b",
    "empty last segment": "a/",
    "trailing dot": "a./b",
    "trailing space": "a /b",
    "trailing space without break": "a\u00a0",
    "three dots": ".../x",
    "long segment": "x" * 256,
    "long segment in bytes": "\u00e9" * 128,
    "long": "/".join(["x" * 200] * 6),
    "very long": "x" * LONG,
    "encoded dots": "%2e%2e/x",
    "dots encoded twice": "%252e%252E/x",
    "dots encoded three times": "%25252e%25252e/x",
    "encoded slash": "a%2f..%2fb",
    "encoded backslash": "a%5cb",
    "encoded NUL": "a%00b",
    "fullwidth dots": "\uff0e\uff0e/x",
    "fullwidth dots, encoded": "%EF%BC%8E%EF%BC%8E/x",
    "fullwidth slash": "a\uff0fb",
    "fullwidth backslash": "a\uff3cb",
    "one dot leaders": "\u2024\u2024/x",
    "two dot leader": "\u2025/x",
    "small full stops": "\ufe52\ufe52/x",
    "fraction slash": "a\u2044b",
    "division slash": "a\u2215b",
    "big solidus": "a\u29f8b",
    "right to left": "a\u202etxt.exe",
    "isolate": "\u2066a",
    "dots and nothing wide": "\u200b..\u200b/x",
    "dot and a joiner": ".\u200d/x",
    "byte order mark": "\ufeff../x",
    "line separator": "a\u2028b",
    "half a character": "a\udc80",
    "being written": ".tmp-x",
    "being written, below": "a/.tmp-x",
}
# Artifact names are held to less than files: these are good names of files.
NAMES = {
    **PATHS,
    "hidden": ".a",
    "option": "-a",
    "version": "a@1",
    "umlaut": "\u00e4",
    "blank": "a b",
    "query": "a?b",
}
LABELS = {key: text for key, text in NAMES.items() if text} | {"number": "7", "latest": "latest", "below": "a/b"}
TAGS = {
    "line break": "a\nb",
    "escape": "\x1b[2J",
    "right to left": "\u202ea",
    "surrogate": "\udc80",
    "long": "x" * LONG,
}


@dataclass
class World:
    """A root with an artifact, rows and a secret beside it; and what all of it was before."""

    folder: Path
    client: ArtifactClient
    ref: dict[str, Any]
    rows: dict[str, Any]

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def source(self) -> Path:
        """A folder that is about to be saved."""
        folder = self.folder / "source"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def destination(self) -> Path:
        """A folder that something is downloaded to."""
        return self.folder / "destination"

    def state(self) -> dict[str, bytes | None]:
        """Every file and folder there is, apart from what a case makes itself."""
        mine = {self.folder / "source", self.folder / "destination"}
        return {
            str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else None
            for path in self.folder.rglob("*")
            if not mine & {path, *path.parents}
        }

    def edit(self, path: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Change a JSON object below the root, as a stranger would."""
        content = json.loads((self.root / path).read_bytes())
        change(content)
        (self.root / path).write_text(json.dumps(content))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world for cases that leave it as it was, which each of them checks."""
    return make_world(tmp_path_factory.mktemp("shared"))


def make_world(tmp_path: Path) -> World:
    (tmp_path / "root_evil").mkdir()
    (tmp_path / "root_evil" / "x").write_text("a stranger's")
    (tmp_path / "secret.txt").write_text("a secret")
    client = ArtifactClient(tmp_path / "root")
    store = client.repository.store
    ref = client.repository.get(
        "a", add(client.repository, "a", files={"x": b"1", "deep/y": b"2"}).version
    ).to_ref()
    with RowsWriter(store, PRODUCER.prefix, part_bytes=100_000) as writer:
        writer.write([{"n": number} for number in range(10)])
        rows = writer.commit(producer={}, step={}).to_xcom()
    with StoreArtifactSink(store, PRODUCER, "step") as sink:
        folder = sink.prepare("saved", {})
        (folder / "x").write_text("x")
        sink.save("saved", folder, {})
        sink.commit()
    return World(tmp_path, client, ref, rows)


@contextlib.contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Fail where something hangs, as opening a FIFO does."""

    def fail(*_: object) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def refused(world: World, act: Callable[[World], object]) -> UnsafeInputError:
    """Do it, and see that it is refused, that nothing has changed and that the error can be read."""
    before = world.state()
    with at_most(20), pytest.raises(UnsafeInputError) as caught:
        act(world)
    assert world.state() == before
    assert len(str(caught.value)) < 1000
    assert str(caught.value).isprintable()
    assert "a secret" not in str(caught.value)
    assert not caught.value.retryable
    return caught.value


def cli(command: str, /, **args: object) -> Callable[[World], object]:
    """Give a case that calls a command, which tells errors by leaving the process."""

    def call(world: World) -> None:
        from airflow_artifacts.cli import commands

        call = getattr(commands, f"{command}_command")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", str(world.root))
            with pytest.raises(SystemExit) as caught:
                call(Namespace(**{"output": "json", "yes": True, **args}))
        assert caught.value.code
        assert caught.value.__cause__ is not None
        raise caught.value.__cause__

    return call


def step_saves(world: World, name: str) -> None:
    with StoreArtifactSink(world.client.repository.store, Producer("d", "r", "t"), "step") as sink:
        folder = sink.prepare(name, {})
        (folder / "x").write_text("x")
        sink.save(name, folder, {})


# Every way in which an artifact gets a name. Names of commands begin with what a shell gives.
NAMERS: dict[str, Callable[[World, str], object]] = {
    "save_artifact": lambda world, name: world.client.save_artifact(name, {"x": 1}),
    "save_artifact, function": lambda world, name: world.client.save_artifact(name, lambda folder: None),
    "save_outputs": lambda world, name: world.client.save_outputs(
        [Output(ArtifactConfig("good"), 1), Output(ArtifactConfig(name), 2)]
    ),
    "log_artifact": lambda world, name: world.client.log_artifact(__file__, name or "."),
    "log_artifacts": lambda world, name: world.client.log_artifacts(
        str(Path(__file__).parent / "cli"), name or "."
    ),
    "log_text": lambda world, name: world.client.log_text("x", name),
    "log_dict": lambda world, name: world.client.log_dict({}, name),
    "log_table": lambda world, name: world.client.log_table([{"x": 1}], name),
    "log_stream": lambda world, name: world.client.log_stream(io.BytesIO(b"x"), name),
    "register_artifact": lambda world, name: world.client.register_artifact(__file__, name),
    "register_artifact, by reference": lambda world, name: world.client.register_artifact(
        __file__, name, copy=False
    ),
    "step.save_artifact": step_saves,
}
# Every way in which one is asked for.
ASKERS: dict[str, Callable[[World, str], object]] = {
    "list_artifact_versions": lambda world, name: world.client.list_artifact_versions(name),
    "get_artifact_version": lambda world, name: world.client.get_artifact_version(name),
    "delete_artifact_version": lambda world, name: world.client.delete_artifact_version(name, 1),
    "cli versions": lambda world, name: cli(
        "versions",
        name=name,
        metadata=[],
        tag=[],
        dag_id=None,
        run_id=None,
        task_id=None,
        created_after=None,
        created_before=None,
    )(world),
    "cli delete": lambda world, name: cli("delete", reference=(name, "1"))(world),
}
# Every way in which a reference is given as a text.
REFERRERS: dict[str, Callable[[World, str], object]] = {
    "load_artifact": lambda world, text: world.client.load_artifact(text),
    "load_text": lambda world, text: world.client.load_text(text),
    "download_artifacts": lambda world, text: world.client.download_artifacts(text, world.destination),
    "log_metadata": lambda world, text: world.client.log_metadata({"x": 1}, text),
    "cli show": lambda world, text: cli("show", reference=text)(world),
    "cli download": lambda world, text: cli("download", reference=text, destination=str(world.destination))(world),
}


def ref_with(key: str) -> Callable[[World, str], object]:
    return lambda world, text: world.client.load_artifact({**world.ref, key: text})


def planted(change: Callable[[dict[str, Any], str], object]) -> Callable[[World, str], object]:
    """Give a way in which a record is changed in the store, and then read."""

    def load(world: World, text: str) -> None:
        before = (world.root / "registry/a/1").read_bytes()
        world.edit("registry/a/1", lambda record: change(record, text))
        try:
            world.client.download_artifacts(world.client.get_artifact_version("a"), world.destination)
        finally:
            assert not world.destination.exists()
            (world.root / "registry/a/1").write_bytes(before)

    return load


def planted_part(world: World, text: str) -> None:
    import hashlib

    key = f"{world.rows['prefix']}/manifest.json"
    before = (world.root / key).read_bytes()
    world.edit(key, lambda manifest: manifest["parts"][0].update(name=text))
    digest = hashlib.sha256((world.root / key).read_bytes()).hexdigest()
    try:
        list(Rows(world.client.repository.store, find_refs({**world.rows, "sha256": digest})))
    finally:
        (world.root / key).write_bytes(before)


def planted_list(world: World, text: str) -> None:
    key = f"{PRODUCER.prefix}/artifacts.json"
    before = (world.root / key).read_bytes()
    world.edit(key, lambda content: content["artifacts"][0].update(path=text))
    try:
        find_records(world.client.repository.store, PRODUCER.prefix)
    finally:
        (world.root / key).write_bytes(before)


# Every way in which a path comes from outside.
PATHERS: dict[str, Callable[[World, str], object]] = {
    "artifact:// URI": lambda world, text: world.client.load_artifact(f"artifact://a@1/{encoded(text)}"),
    "artifact:// URI, download": lambda world, text: world.client.download_artifacts(
        f"artifact://a/{encoded(text)}", world.destination
    ),
    "run:// URI": lambda world, text: world.client.load_artifact(f"run://dag/run/task/saved/{encoded(text)}"),
    "path of a ref": ref_with("path"),
    "prefix of a ref of rows": lambda world, text: find_refs([{**world.rows, "prefix": text}]),
    "path of a planted record": planted(lambda record, text: record.update(path=text)),
    "file of a planted record": planted(lambda record, text: record["files"][0].update(path=text)),
    "part of a planted manifest": planted_part,
    "path in a planted list": planted_list,
    "key: create": lambda world, text: world.client.repository.store.create(text, b"x"),
    "key: replace": lambda world, text: world.client.repository.store.replace(text, b"x"),
    "key: write": lambda world, text: world.client.repository.store.write(text, b"x"),
    "key: upload": lambda world, text: world.client.repository.store.upload(Path(__file__), text),
    "key: read": lambda world, text: world.client.repository.store.read(text),
    "key: open": lambda world, text: world.client.repository.store.open(text),
    "key: exists": lambda world, text: world.client.repository.store.exists(text),
    "key: delete": lambda world, text: world.client.repository.store.delete(text),
    "key: delete_prefix": lambda world, text: world.client.repository.store.delete_prefix(text),
    "key: folders": lambda world, text: world.client.repository.store.folders(text),
}


def encoded(text: str) -> str:
    return quote(text, errors="surrogatepass")


def cases(ways: dict[str, Callable[[World, str], object]], texts: dict[str, str]) -> list[Any]:
    return [
        pytest.param(way, text, id=f"{name} - {what}")
        for name, way in ways.items()
        for what, text in texts.items()
        # A folder that has a slash at the end is that folder, and without a folder the file's own name is taken.
        if not (name in {"log_artifact", "log_artifacts"} and (not text or text.endswith("/")))
    ]


@pytest.mark.parametrize(("way", "text"), cases({**NAMERS, **ASKERS}, NAMES))
def test_names(shared: World, way: Callable[[World, str], object], text: str) -> None:
    refused(shared, lambda world: way(world, text))


@pytest.mark.parametrize(("way", "text"), cases(PATHERS, PATHS))
def test_paths(shared: World, way: Callable[[World, str], object], text: str) -> None:
    refused(shared, lambda world: way(world, text))


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_labels(shared: World, label: str) -> None:
    refused(shared, lambda world: world.client.save_artifact("a", 1, version=label))


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
def test_tags(shared: World, tag: str) -> None:
    refused(shared, lambda world: world.client.save_artifact("a", 1, tags=["good", tag]))


URIS = {
    "other scheme": "ftp://a",
    "query": "artifact://a?version=1",
    "fragment": "artifact://a#x",
    "parameter in a name": "artifact://../a;x",
    "parent": "artifact://a@1/../../secret.txt",
    "encoded parent": "artifact://a@1/%2e%2e/%2e%2e/secret.txt",
    "parent encoded twice": "artifact://a@1/%252e%252e/secret.txt",
    "encoded slash": "artifact://a@1/..%2f..%2fsecret.txt",
    "encoded backslash": "artifact://a@1/..%5c..%5csecret.txt",
    "encoded NUL": "artifact://a@1/x%00.txt",
    "no UTF-8": "artifact://a@1/%ff",
    "overlong UTF-8": "artifact://a@1/%c0%ae%c0%ae/secret.txt",
    "half an escape": "artifact://a@1/%2",
    "absolute": "artifact:///etc/passwd",
    "no name": "artifact://@1/x",
    "no version": "artifact://a@/x",
    "backslash": "artifact://a@1\\x",
    "line break": "artifact://a\n@1",
    "very long": f"artifact://{'a' * LONG}@1/x y",
    "run: nothing": "run://",
    "run: only a DAG": "run://dag",
    "run: empty": "run://dag//task/a",
    "run: slash in an id": "run://dag/ru%2Fn/task/a",
    "run: parent": "run://dag/run/task/../../x",
    "run: encoded parent": "run://dag/run/task/%2e%2e/x",
    "run: backslash": "run://dag/run\\x/task/a",
    "run: fullwidth dots": "run://dag/run/task/%EF%BC%8E%EF%BC%8E/x",
}


@pytest.mark.parametrize(("way", "text"), cases(REFERRERS, URIS))
def test_uris(shared: World, way: Callable[[World, str], object], text: str) -> None:
    refused(shared, lambda world: way(world, text))


@pytest.mark.parametrize(
    "uri", ["run://../../secret.txt/x", "run://dag/../task/a", "run://%2e%2e/%2e%2e/%2e%2e/a"]
)
def test_ids_of_a_run_are_texts_and_no_paths(world: World, uri: str) -> None:
    """They may be anything in Airflow: they are quoted, and lead to nothing."""
    before = world.state()
    with pytest.raises(ArtifactNotFoundError):
        world.client.load_artifact(uri)
    parse_uri(uri)
    assert world.state() == before


@pytest.mark.parametrize("text", [text for text in PATHS.values() if text and "\0" not in text])
def test_a_file_that_an_artifact_does_not_have(world: World, text: str) -> None:
    """A file is looked for in the record, and not on the disk."""
    before = world.state()
    version = world.client.get_artifact_version("a")
    with pytest.raises((ArtifactNotFoundError, UnsafeInputError)):
        version.download(world.destination, file=text)
    assert world.state() == before
    assert not world.destination.exists()


@pytest.mark.parametrize("text", ["@1", "a@", "a", ""])
def test_what_is_deleted_is_named_exactly(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        version_reference(text)


FILES = {
    what: text
    for what, text in PATHS.items()
    if text.replace("..", "") and not {"/", "\0"} & set(text) and len(os.fsencode(text)) <= 255
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
@pytest.mark.parametrize("way", ["write function", "log_artifacts", "save_artifact", "log_artifact", "step"])
def test_names_of_local_files(world: World, way: str, text: str) -> None:
    def write(folder: Path) -> None:
        (folder / "good").write_text("x")
        (folder / text).write_text("x")

    def step() -> None:
        with StoreArtifactSink(world.client.repository.store, PRODUCER, "step") as sink:
            folder = sink.prepare("n", {})
            write(folder)
            sink.save("n", folder, {})

    write(world.source)
    ways: dict[str, Callable[[], object]] = {
        "write function": lambda: world.client.save_artifact("n", write),
        "log_artifacts": lambda: world.client.log_artifacts(world.source, "n"),
        "save_artifact": lambda: world.client.save_artifact("n", world.source / text),
        "log_artifact": lambda: world.client.log_artifact(world.source / text, "n"),
        "step": step,
    }
    refused(world, lambda _: ways[way]())


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket has to be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


def make_device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero, which never ends
    except PermissionError:
        pytest.skip("only root may make devices")


def link(target: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(target)


ENTRIES: dict[str, Callable[[Path], object]] = {
    "link out": link("../secret.txt"),
    "link to a folder outside": link("../root_evil"),
    "link to the root": link("../root"),
    "absolute link": link("/etc/hostname"),
    "link by prefix": link("../source_evil"),
    "link to the environment": link("/proc/self/environ"),
    "link to memory": link("/proc/self/mem"),
    "link to a process": link("/proc/self/fd/0"),
    "link to a device": link("/dev/zero"),
    "link to all": link("/"),
    "link to itself": link("entry"),
    "link to the folder": link("."),
    "link to the folder above": link(".."),
    "dead link": link("nothing"),
    "dead link out": link("/nonexistent/x"),
    "FIFO": os.mkfifo,
    "socket": make_socket,
    "device": make_device,
}


@pytest.mark.parametrize("below", ["", "deep/deeper"])
@pytest.mark.parametrize("make", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize(
    "way",
    [
        "write function",
        "log_artifacts",
        "register_artifact",
        "register_artifact, by reference",
        "save_artifact",
        "step",
    ],
)
def test_what_is_no_file_of_the_folder(world: World, way: str, make: Callable[[Path], object], below: str) -> None:
    (world.folder / "source_evil").mkdir()

    def write(folder: Path) -> None:
        (folder / below).mkdir(parents=True, exist_ok=True)
        (folder / "good").write_text("x")
        make(folder / below / "entry")

    def step() -> None:
        with StoreArtifactSink(world.client.repository.store, PRODUCER, "step") as sink:
            folder = sink.prepare("n", {})
            write(folder)
            sink.save("n", folder, {})

    write(world.source)
    ways: dict[str, Callable[[], object]] = {
        "write function": lambda: world.client.save_artifact("n", write),
        "log_artifacts": lambda: world.client.log_artifacts(world.source, "n"),
        "register_artifact": lambda: world.client.register_artifact(world.source, "n"),
        "register_artifact, by reference": lambda: world.client.register_artifact(world.source, "n", copy=False),
        "save_artifact": lambda: world.client.save_artifact("n", world.source),
        "step": step,
    }
    refused(world, lambda _: ways[way]())


@pytest.mark.parametrize("name", ["FIFO", "socket", "device"])
@pytest.mark.parametrize(
    "way", ["save_artifact", "log_artifact", "register_artifact", "register_artifact, by reference"]
)
def test_what_is_no_file_itself(world: World, way: str, name: str) -> None:
    ENTRIES[name](world.source / "entry")
    path = world.source / "entry"
    ways: dict[str, Callable[[], object]] = {
        "save_artifact": lambda: world.client.save_artifact("n", path),
        "log_artifact": lambda: world.client.log_artifact(path),
        "register_artifact": lambda: world.client.register_artifact(path, "n"),
        "register_artifact, by reference": lambda: world.client.register_artifact(path, "n", copy=False),
    }
    assert "neither a file nor a folder" in str(refused(world, lambda _: ways[way]()))


@pytest.mark.parametrize(
    "key", ["../root_evil/x", "..\\root_evil\\x", "%2e%2e/root_evil/x", "_evil/x", "/../root_evil/x"]
)
def test_a_root_is_no_prefix(world: World, key: str) -> None:
    store = world.client.repository.store
    before = world.state()
    for act in (store.read, store.list, store.delete_prefix, store.delete):
        with contextlib.suppress(UnsafeInputError, ArtifactNotFoundError, FileNotFoundError):
            assert not act(key)
    assert world.state() == before
    assert all(info.key.split("/")[0] in {"registry", "saved", "runs"} for info in store.list())
    other = open_store(str(world.folder / "roo"))
    assert other.list() == []


REFS = {
    "format of rows": {"format": "airflow-artifacts/rows/1"},
    "another name": {"name": "saved"},
    "another name, whole": {"name": "b", "uri": "artifact://b@1"},
    "another URI": {"uri": "artifact://a@2"},
    "URI of a file": {"uri": "file:///etc/passwd"},
    "another path": {"path": "saved/a-ffffffffffffffff"},
    "path of another artifact": {"path": "saved/b-0123456789abcdef"},
    "path of rows": {"path": "runs/dag/run/task/-1/001-one/rows"},
    "path that is a URL": {"path": "s3://bucket/a"},
    "path that is no text": {"path": ["saved"]},
    "version that is a text": {"version": "1"},
    "version that is true": {"version": True},
    "version that is a fraction": {"version": 1.0},
    "version that is nothing": {"version": None},
    "metadata that is a list": {"metadata": []},
    "label that is a number": {"label": 1},
    "kind that is an object": {"kind": {}},
    "one key more": {"root": "file:///etc"},
    "huge": {"path": "x" * LONG},
    "huge, and no text": {"path": ["x" * LONG]},
}


@pytest.mark.parametrize("change", REFS.values(), ids=REFS)
def test_edited_refs(world: World, change: dict[str, Any]) -> None:
    refused(world, lambda world: world.client.load_artifact({**world.ref, **change}))


@pytest.mark.parametrize("key", ["name", "version", "path", "kind", "metadata", "uri"])
def test_refs_that_lack_something(world: World, key: str) -> None:
    refused(world, lambda world: world.client.load_artifact({k: v for k, v in world.ref.items() if k != key}))


@pytest.mark.parametrize("value", [5, 1.5, None, b"a", ["a"], {"a": 1}, {"format": {}}, ("x" * LONG,)], ids=repr)
def test_what_is_no_ref(world: World, value: object) -> None:
    refused(world, lambda world: world.client.load_artifact(value))
    if value is not None and value != ("x" * LONG,):
        refused(world, lambda world: find_refs(value))


ROWS = {
    "format of an artifact": {"format": "airflow-artifacts/artifact/2"},
    "no format": {"format": None},
    "rows below zero": {"rows": -1},
    "rows that are true": {"rows": True},
    "rows that are a text": {"rows": "10"},
    "more rows": {"rows": 11},
    "infinite rows": {"rows": float("inf")},
    "another size": {"size": 1},
    "another hash": {"sha256": "0" * 64},
    "no hash": {"sha256": None},
    "prefix that is a list": {"prefix": ["runs"]},
    "prefix that is a URL": {"prefix": "s3://bucket/x"},
    "one key more": {"root": "file:///etc"},
    "huge": {"prefix": ["x" * LONG]},
}


@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS)
def test_edited_refs_of_rows(world: World, change: dict[str, Any]) -> None:
    store = world.client.repository.store
    refused(world, lambda world: list(Rows(store, find_refs({**world.rows, **change}))))


def first_file(**change: object) -> Callable[[dict[str, Any]], object]:
    return lambda record: record["files"][0].update(change)


RECORDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another name": lambda record: record.update(name="b"),
    "name that leads out": lambda record: record.update(name="../a"),
    "folder of rows": lambda record: record.update(path="runs/dag/run/task/-1/001-one/rows"),
    "folder of another artifact": lambda record: record.update(path="saved/b-0123456789abcdef"),
    "folder of everything": lambda record: record.update(path="saved"),
    "the registry": lambda record: record.update(path="registry/a"),
    "another root": lambda record: record.update(path="../root_evil"),
    "file that leads out": first_file(path="../../../secret.txt"),
    "file with a size below zero": first_file(size=-1),
    "file with a size that is a text": first_file(size="1"),
    "file with a size that is true": first_file(size=True),
    "file with another hash": first_file(sha256="x"),
    "file that is a list": lambda record: record.update(files=[[]]),
    "files that are a text": lambda record: record.update(files="x"),
    "producer that is a text": lambda record: record.update(producer="x"),
    "parents that are texts": lambda record: record.update(parents=["ab"]),
    "time without a zone": lambda record: record.update(created_at="2026-01-01T00:00:00"),
    "no time": lambda record: record.update(created_at="x"),
    "another format": lambda record: record.update(format="airflow-artifacts/version/99"),
    "nothing of it": lambda record: record.clear(),
}


@pytest.mark.parametrize("what", RECORDS)
def test_planted_records(world: World, what: str) -> None:
    world.edit("registry/a/1", RECORDS[what])
    refused(world, lambda world: world.client.get_artifact_version("a"))
    refused(world, lambda world: world.client.load_artifact(world.ref))
    if not what.startswith("file"):  # of which lists say nothing
        refused(world, lambda world: world.client.list_artifact_versions("a"))
    refused(world, lambda world: world.client.delete_artifact_version("a", 1))
    refused(world, cli("show", reference="a@1"))
    assert [version.name for version in world.client.list_artifacts()] == []


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: b"",
    "cut": lambda data: data[:-1],
    "longer": lambda data: data + b"x",
    "another byte": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "something else": lambda data: b"\xff\x00" * 50,
    "much": lambda data: b"[" * LONG,
}
OBJECTS: dict[str, tuple[str, Callable[[World], object]]] = {
    "record": ("registry/a/1", lambda world: world.client.get_artifact_version("a")),
    "file": ("saved/a-0000000000000001/x", lambda world: world.client.load_artifact("a@1")),
    "file, downloaded": (
        "saved/a-0000000000000001/deep/y",
        lambda world: world.client.download_artifacts("a@1", world.destination),
    ),
    "manifest": (
        f"{PRODUCER.prefix}/manifest.json",
        lambda world: list(Rows(world.client.repository.store, find_refs(world.rows))),
    ),
    "part of rows": (
        f"{PRODUCER.prefix}/rows/*",
        lambda world: list(Rows(world.client.repository.store, find_refs(world.rows))),
    ),
    "block of a log": ("registry/many/blocks/1-16", lambda world: world.client.list_artifact_versions("many")),
    "change": ("registry/many/changes/1", lambda world: world.client.list_artifact_versions("many")),
    "list of a step": (
        f"{PRODUCER.prefix}/artifacts.json",
        lambda world: find_records(world.client.repository.store, PRODUCER.prefix),
    ),
}


@pytest.mark.parametrize("change", BYTES.values(), ids=BYTES)
@pytest.mark.parametrize("name", OBJECTS)
def test_changed_objects(world: World, name: str, change: Callable[[bytes], bytes]) -> None:
    pattern, act = OBJECTS[name]
    if "many" in pattern:
        for _ in range(16):
            add(world.client.repository, "many")
        world.client.delete_artifact_version("many", 2)
    (path,) = world.root.glob(pattern)
    path.write_bytes(change(path.read_bytes()))
    if name == "block of a log" and change not in {BYTES["cut"], BYTES["longer"], BYTES["another byte"]}:
        # It has not as many lines as entries. It is a copy, and done without.
        assert len(world.client.list_artifact_versions("many")) == 15
        return
    refused(world, act)
    assert not world.destination.exists() or list(world.destination.rglob("*.*")) == []


# Keys that a stranger wrote into the bucket. Those that lead elsewhere may not be followed, and not be deleted.
PLANTED = {
    "parent": "{root}/saved/../../evil",
    "parent in an artifact's folder": "{root}/saved/a-0000000000000001/../b-0000000000000001/x",
    "this folder": "{root}/saved/./y",
    "doubled slash": "{root}/saved//x",
    "doubled slash above": "{root}//saved/a-0000000000000001/x",
    "absolute": "/saved/a-0000000000000001/x",
    "in the registry": "{root}/registry/../../evil",
    "doubled slash in a registry": "{root}/registry/a//1",
    "name that leads out": "{root}/registry/~2E~2E~2Fevil/1",
    "name that is not quoted": "{root}/registry/%2e%2e/1",
    "in the runs": "{root}/runs/../../evil",
    "root by prefix": "{root}_evil/saved/a-0000000000000001/x",
    "registry by prefix": "{root}/registry_evil/a/1",
    "folder by prefix": "{root}/saved/a-0000000000000001_evil/x",
    "control": "{root}/saved/\x01",
    "place of a data set": "{root}/distisets/../evil.json",
}


@pytest.mark.parametrize("what", PLANTED)
def test_planted_keys_on_s3(what: str, s3_root: str, tmp_path: Path, s3_server: str) -> None:
    import boto3

    from airflow_artifacts.pruning import PruneRule, Pruning

    bucket, _, prefix = s3_root.removeprefix("s3://").partition("/")
    api = boto3.client("s3", endpoint_url=s3_server)
    repository = ArtifactRepository(open_store(s3_root))
    client = ArtifactClient(s3_root)
    for name in ("a", "a", "b"):
        add(repository, name)
    key = PLANTED[what].format(root=prefix)
    mine = {"evil": b"1", f"{prefix}_evil/x": b"2", f"{prefix.partition('/')[0]}/saved/x": b"3", key: b"planted"}
    for each, data in mine.items():
        api.put_object(Bucket=bucket, Key=each, Body=data)
    pruning = Pruning(repository, PruneRule(keep=1), lambda _: None)
    acts: list[Callable[[], object]] = [
        repository.names,
        client.list_artifacts,
        lambda: client.list_artifact_versions("a"),
        lambda: client.list_artifacts("run://dag/run"),
        lambda: client.download_artifacts("a@1", tmp_path / "a"),
        lambda: verify(repository),
        pruning.delete,
        lambda: client.delete_artifact_version("b", 1),
        lambda: repository.store.delete_prefix("saved"),
        lambda: repository.store.delete_prefix("registry"),
    ]
    for act in acts:
        with contextlib.suppress(ArtifactsError):  # what is refused is refused, and nothing of it done
            act()
    left = {each: api.get_object(Bucket=bucket, Key=each)["Body"].read() for each in mine if each != key}
    assert left == {each: data for each, data in mine.items() if each != key}
    if not key.startswith(f"{prefix}/") or {"..", ".", ""} & set(key.removeprefix(f"{prefix}/").split("/")):
        assert api.get_object(Bucket=bucket, Key=key)["Body"].read() == b"planted"
    assert {path.name for path in tmp_path.rglob("*")} <= {"a", "a.txt"}


LINKS = {
    "file of an artifact": "saved/a-0000000000000001/x",
    "folder of an artifact": "saved/a-0000000000000001",
    "folder in an artifact": "saved/a-0000000000000001/deep",
    "new in an artifact": "saved/a-0000000000000001/new",
    "artifact": "saved/evil-0000000000000001",
    "run": "runs/evil",
    "registry": "registry/evil",
    "record": "registry/a/2",
    "place of a data set": "distisets/evil.json",
}


@pytest.mark.parametrize("target", ["../outside", "../outside/x", "/proc/self/environ", "nothing", "."])
@pytest.mark.parametrize("what", LINKS)
def test_planted_links_on_a_disk(world: World, what: str, target: str) -> None:
    """Whoever may write below the root may plant links: what they lead to is not deleted, changed or copied."""
    from airflow_artifacts.pruning import PruneRule, Pruning

    outside = world.folder / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "x").write_text("a secret")
    (outside / "deep" / "y").write_text("a secret")
    path = world.root / LINKS[what]
    if path.is_dir():
        path.rename(world.folder / "moved")
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.symlink_to(
        target if target.startswith("/") else os.path.relpath(world.root.parent / "root" / target, path.parent)
    )
    repository = world.client.repository
    pruning = Pruning(repository, PruneRule(keep=1), lambda _: None)
    acts: list[Callable[[], object]] = [
        repository.store.list,
        repository.names,
        world.client.list_artifacts,
        lambda: world.client.download_artifacts(world.ref, world.destination),
        lambda: verify(repository),
        pruning.delete,
        lambda: world.client.delete_artifact_version("a", 1),
        lambda: repository.store.delete_prefix("saved"),
        lambda: repository.store.delete_prefix("runs"),
    ]
    for act in acts:
        with at_most(20), contextlib.suppress(ArtifactsError):
            act()
    assert (outside / "x").read_text() == (outside / "deep" / "y").read_text() == "a secret"
    copied = [path for path in world.folder.rglob("destination/**/*") if path.is_file()]
    assert "a secret" not in [path.read_text() for path in copied]
    assert (world.folder / "secret.txt").read_text() == "a secret"


SECRET = "s3cr3t-w0rd"  # noqa: S105
URLS = {
    "key of S3": f"s3://AKIAKEY:{SECRET}@bucket/x",
    "key of S3 with a slash": f"s3://AKIAKEY:x/{SECRET}@bucket/x",
    "key of S3 like a port": f"s3://AKIAKEY:123/{SECRET}@bucket/x",
    "key of S3 with a slash at first": f"s3://AKIAKEY:/{SECRET}@bucket/x",
    "key of GCS like a port": f"gs://user:123/{SECRET}@bucket/x.jsonl",
    "key of Azure like a port": f"abfs://account:123/{SECRET}@container/x.jsonl",
    "quoted signature of S3": f"s3://bucket/x.jsonl?X-Amz-Signature%3D{SECRET}",
    "signature of S3": f"s3://bucket/x.jsonl?AWSAccessKeyId=AKIAKEY&Signature={SECRET}",
    "password of GCS": f"gs://user:{SECRET}@bucket/x.jsonl",
    "key of Azure": f"abfs://account:{SECRET}@container/x.jsonl",
    "signature of Azure": f"abfs://container@account.dfs.core.windows.net/x.jsonl?sv=1&sig={SECRET}",
    "password of HDFS": f"webhdfs://user:{SECRET}@127.0.0.1:9/x.jsonl",
    "password of HTTP": f"https://user:{SECRET}@127.0.0.1:9/x.jsonl",
    "token of HTTP": f"https://{SECRET}@127.0.0.1:9/x.jsonl",
    "signature of HTTP": f"https://127.0.0.1:9/x.jsonl?sig={SECRET}",
    "fragment of HTTP": f"https://127.0.0.1:9/x.jsonl#token={SECRET}",
}


def load_rows(url: str) -> None:
    step = LoadDataFromFiles(name="load", data_files=url)
    step.load()
    list(step.process())


def note(world: World, url: str) -> None:
    store = world.client.repository.store
    note_location(store, url)
    find_references(store, lambda _: None)


def check_root(url: str) -> None:
    from airflow_artifacts.cli.commands import check_store_command

    check_store_command(Namespace(root=url))


USERS: dict[str, Callable[[World, str], object]] = {
    "root": lambda world, url: ArtifactClient(url).save_artifact("a", 1),
    "check-store": lambda world, url: check_root(url),
    "data_files": lambda world, url: load_rows(url),
    "data set": lambda world, url: distiset({"a": numbered(1)}).save(url, source=world.client.repository.store),
    "place of a data set": note,
    "load_artifact": lambda world, url: world.client.load_artifact(url),
    "list_artifacts": lambda world, url: world.client.list_artifacts(url),
    "download_artifacts": lambda world, url: world.client.download_artifacts(url, world.destination),
    "register_artifact": lambda world, url: world.client.register_artifact(url, "a"),
    "register_artifact, by reference": lambda world, url: world.client.register_artifact(url, "a", copy=False),
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
@pytest.mark.parametrize("user", USERS)
def test_secrets_in_urls(  # noqa: PLR0913, PLR0917
    world: World,
    user: str,
    url: str,
    airflow_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """They are refused, or used; and wherever something is said or kept, they are not."""
    monkeypatch.setattr(retries, "PATIENCE", retries.Patience(tries=1))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "something")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    caplog.set_level("INFO")
    begin = time.monotonic()
    with pytest.raises((Exception, SystemExit)) as caught:
        USERS[user](world, url)
    assert time.monotonic() - begin < 10
    said = "".join(traceback.format_exception(caught.value))  # what a task's log has of it, causes included
    assert SECRET not in said
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())
    for path in world.root.rglob("*"):
        assert SECRET not in path.name
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()
    if user not in {"check-store", "place of a data set"}:  # which say it in their own way
        assert isinstance(caught.value, ArtifactsError)
