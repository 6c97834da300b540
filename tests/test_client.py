"""The client as scripts and notebooks use it, without a task."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from airflow_artifacts.artifacts import ArtifactConfig
from airflow_artifacts.client import ArtifactClient, Output
from airflow_artifacts.exceptions import (
    ArtifactError,
    ArtifactLoadError,
    ArtifactNotFoundError,
    ArtifactUriError,
    ConfigurationError,
    DamagedObjectError,
    TaskContextError,
    UnsafeFileError,
    UnsafeNameError,
    UnsupportedTypeError,
    UrlError,
    VersionExistsError,
)
from airflow_artifacts.storage import Producer
from tests.artifacts.support import keys, save_value

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=["local", "memory"])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactClient:
    return ArtifactClient(str(tmp_path / "root") if request.param == "local" else f"memory://{uuid.uuid4().hex}")


def stored(client: ArtifactClient) -> list[str]:
    return keys(client.repository.store)


# Roots


def test_roots(tmp_path: Path, root: Path) -> None:
    assert repr(ArtifactClient(str(tmp_path))) == f"ArtifactClient({tmp_path.as_uri()!r})"
    assert ArtifactClient(tmp_path).repository.store.root == tmp_path.as_uri()
    assert ArtifactClient(f"{tmp_path.as_uri()}/").repository.store.root == tmp_path.as_uri()
    assert ArtifactClient().repository.store.root == root.as_uri()
    for wrong in ("relative/path", "", "s3://"):
        with pytest.raises(ConfigurationError, match="root"):
            ArtifactClient(wrong)


def test_the_root_of_airflow_s_configuration(monkeypatch: pytest.MonkeyPatch, airflow_home: Path) -> None:
    monkeypatch.delenv("AIRFLOW__AIRFLOW_ARTIFACTS__ROOT", raising=False)
    assert ArtifactClient().repository.store.root == (airflow_home / "artifacts").as_uri()
    with pytest.raises(UrlError, match="there is no connection 'nope'"):
        ArtifactClient("s3://nope@bucket/prefix").list_artifacts()


def run_script(code: str, **environment: str) -> str:
    script = "import sys\nsys.modules['airflow'] = None\n" + textwrap.dedent(code)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, env=kept | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


SCRIPT = """
from airflow_artifacts import (
    ArtifactClient, download_artifacts, list_artifacts, load_artifact, load_dict, load_text, log_dict,
    log_metadata, log_text, save_artifact,
)
ref = save_artifact("numbers", [1, 2], {"n": 2}, version="v1", tags=["t"])
assert load_artifact(ref) == load_artifact("numbers@v1") == [1, 2]
log_dict({"a": 1}, "conf/a.yaml")
log_text("x", "conf/b.txt")
log_metadata({"n": 3}, ref)
assert (load_dict("conf/a.yaml"), load_text("artifact://conf/b.txt@1")) == ({"a": 1}, "x")
assert [version.uri for version in list_artifacts("conf/")] == ["artifact://conf/a.yaml@1", "artifact://conf/b.txt@1"]
assert download_artifacts("conf/b.txt").read_text() == "x"
(version,) = ArtifactClient().list_artifact_versions("numbers", metadata={"n": 3}, tags="t")
assert (version.producer, version.parents) == (None, ())
assert not [name for name in sys.modules if name.partition(".")[0] == "airflow" and sys.modules[name]]
print("done")
"""


def test_a_script_without_airflow_uses_the_root_of_the_environment(tmp_path: Path) -> None:
    assert run_script(SCRIPT, AIRFLOW__AIRFLOW_ARTIFACTS__ROOT=str(tmp_path)) == "done\n"
    assert ArtifactClient(tmp_path).load_artifact("numbers") == [1, 2]


def test_a_script_without_airflow_gives_its_root(tmp_path: Path) -> None:
    code = f"""
    from airflow_artifacts import ArtifactClient
    client = ArtifactClient({str(tmp_path)!r})
    client.save_artifact("a", {{"x": 1}})
    print(client.load_artifact("a"))
    """
    assert run_script(code) == "{'x': 1}\n"


def test_pickles_only_where_the_deployment_allows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnsupportedTypeError):
        ArtifactClient(tmp_path).save_artifact("a", 1j)
    monkeypatch.setenv("AIRFLOW__AIRFLOW_ARTIFACTS__ALLOW_PICKLE", "True")
    allowing = ArtifactClient(tmp_path)
    assert allowing.load_artifact(allowing.save_artifact("a", 1j)) == 1j
    monkeypatch.delenv("AIRFLOW__AIRFLOW_ARTIFACTS__ALLOW_PICKLE")
    with pytest.raises(ArtifactLoadError, match="it is a pickle"):
        ArtifactClient(tmp_path).load_artifact("a")


# Saving


@pytest.mark.parametrize(
    "value", [float("nan"), b"x", lambda: None, object()], ids=["NaN", "bytes", "function", "object"]
)
def test_metadata_is_refused_before_anything_is_written(client: ArtifactClient, value: Any) -> None:
    called: list[Path] = []
    saves: list[Callable[[], object]] = [
        lambda: client.save_artifact("a", called.append, {"x": [value]}),
        lambda: client.log_text("x", "a.txt", metadata={"x": [value]}),
    ]
    for save in saves:
        with pytest.raises(ArtifactError, match=r"metadata\['x'\]\[0\] is"):
            save()
    assert (stored(client), called) == ([], [])


@pytest.mark.parametrize(
    "options",
    [{"lable": "v1"}, {"tag": ["a"]}, {"kind": "csv"}, {"metadat": {}}],
    ids=lambda value: next(iter(value)),
)
def test_options_that_are_misspelt_are_refused(client: ArtifactClient, options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(options))):
        client.log_text("x", "a.txt", **options)
    if "kind" not in options:
        with pytest.raises(TypeError, match=next(iter(options))):
            client.save_artifact("a", 1, **options)
    assert stored(client) == []


def test_a_label_that_is_taken_is_refused_before_the_write_function_runs(client: ArtifactClient) -> None:
    client.save_artifact("a", 1, version="v1")
    before = stored(client)
    called: list[Path] = []
    with pytest.raises(VersionExistsError):
        client.save_artifact("a", called.append, version="v1")
    stream = io.BytesIO(b"x")
    with pytest.raises(VersionExistsError):
        client.log_stream(stream, "a", version="v1")
    assert stream.read() == b"x", "nothing of it was read"
    assert (stored(client), called) == (before, [])


def test_none_of_several_outputs_is_registered_when_one_cannot_be(client: ArtifactClient) -> None:
    client.save_artifact("taken", 0, version="v1")
    before = stored(client)
    called: list[Path] = []
    good = [Output(ArtifactConfig("good"), 1), Output(ArtifactConfig("written"), called.append)]
    for bad in (
        Output(ArtifactConfig("bad"), object()),
        Output(ArtifactConfig("bad"), {"x": float("nan")}),
        Output(ArtifactConfig("bad", metadata={"x": b""}), 1),
        Output(ArtifactConfig("bad name"), 1),
        Output(ArtifactConfig("bad", version="latest"), 1),
        Output(ArtifactConfig("bad", tags=[""]), 1),
        Output(ArtifactConfig("taken", version="v1"), 1),
        Output(ArtifactConfig("bad"), 1, kind="csv"),
        Output(ArtifactConfig("good"), 2),
    ):
        with pytest.raises((ArtifactError, UnsafeNameError)):
            client.save_outputs([*good, bad])
        assert (stored(client), called) == (before, [])
    late = Output(ArtifactConfig("late"), Path("absent"))
    with pytest.raises(ArtifactError, match="'late' was not saved"):
        client.save_outputs([good[0], late])
    assert stored(client) == before
    refs = client.save_outputs([Output(ArtifactConfig(name, "v2"), name) for name in ("b", "a")])
    assert [ref["uri"] for ref in refs] == ["artifact://b@1", "artifact://a@1"]
    assert client.save_outputs([]) == []


def test_scratch_folders_are_removed(
    client: ArtifactClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    client.save_artifact("a", {"x": 1})
    client.log_text("x", "b.txt")
    with pytest.raises(ZeroDivisionError):
        client.save_artifact("c", lambda _: 1 / 0)
    with pytest.raises(ArtifactError):
        client.log_dict({"x": float("nan")}, "d.json")
    assert client.load_artifact("a") == {"x": 1}
    assert client.load_text("b.txt") == "x"
    assert list(scratch.iterdir()) == []


def test_only_a_task_makes_events(client: ArtifactClient) -> None:
    for save in (
        lambda: client.save_artifact("a", 1, asset=True),
        lambda: client.log_text("x", "a.txt", asset=True),
        lambda: client.save_outputs([Output(ArtifactConfig("a"), 1)], asset=True),
    ):
        with pytest.raises(TaskContextError, match="asset=True: only a running task"):
            save()
    assert stored(client) == []


# Logging


def figure() -> Any:
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(1, 1))
    drawn.add_subplot().plot([1, 2])
    return drawn


LOGGED: dict[str, Callable[[ArtifactClient, str], dict[str, Any]]] = {
    "x/text.md": lambda client, name: client.log_text("# hi", name, metadata={"m": 1}, tags=["t"], version="v1"),
    "x/dict.json": lambda client, name: client.log_dict(
        {"a": [1]}, name, metadata={"m": 1}, tags=["t"], version="v1"
    ),
    "x/figure.png": lambda client, name: client.log_figure(
        figure(), name, metadata={"m": 1}, tags=["t"], version="v1"
    ),
    "x/image.png": lambda client, name: client.log_image(
        np.zeros((2, 3), np.uint8), name, metadata={"m": 1}, tags=["t"], version="v1"
    ),
    "x/table.csv": lambda client, name: client.log_table(
        {"a": [1, 2]}, name, metadata={"m": 1}, tags=["t"], version="v1"
    ),
    "x/stream.bin": lambda client, name: client.log_stream(
        io.BytesIO(b"\0"), name, metadata={"m": 1}, tags=["t"], version="v1"
    ),
}


@pytest.mark.parametrize("name", LOGGED)
def test_what_is_logged_is_one_file_under_its_path(client: ArtifactClient, name: str, tmp_path: Path) -> None:
    ref = LOGGED[name](client, name)
    version = client.get_artifact_version(name, "v1")
    assert ref == version.to_ref()
    assert ref["uri"] == f"artifact://{name}@1"
    assert ref["metadata"].items() >= {"m": 1, "size": version.size}.items()
    assert version.tags == ("t",)
    assert [file.path for file in version.files] == [name.partition("/")[2]]
    assert client.download_artifacts(name, tmp_path) == tmp_path / name.partition("/")[2]


def test_what_is_logged_is_loaded(client: ArtifactClient) -> None:
    for name, log in LOGGED.items():
        log(client, name)
    assert client.load_text("x/text.md") == client.load_artifact("x/text.md") == "# hi"
    assert client.load_dict("x/dict.json") == client.load_artifact("x/dict.json@v1") == {"a": [1]}
    assert client.load_table("x/table.csv").to_dict("list") == {"a": [1, 2]}
    assert client.load_artifact("x/stream.bin").read_bytes() == b"\0"
    assert client.load_artifact("x/image.png").size == (3, 2)
    assert client.get_artifact_version("x/image.png").metadata.items() >= {"width": 3, "height": 2}.items()
    frame = pd.DataFrame({"a": [0.5]})
    client.save_artifact("frame", frame)
    assert client.load_artifact("frame").equals(frame)


def test_a_file_is_logged_under_its_name_or_below_a_path(client: ArtifactClient, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("a: 1")
    assert client.log_artifact(str(tmp_path / "config.yaml"))["name"] == "config.yaml"
    assert client.log_artifact(tmp_path / "config.yaml", "results/best/")["name"] == "results/best/config.yaml"
    assert client.load_dict("results/best/config.yaml") == {"a": 1}
    (tmp_path / "my config.yaml").write_text("")
    with pytest.raises(UnsafeNameError):
        client.log_artifact(tmp_path / "my config.yaml")
    client.save_artifact("spaced", tmp_path / "my config.yaml")
    assert client.download_artifacts("artifact://spaced/my%20config.yaml").name == "my config.yaml"


def test_a_folder_is_one_artifact(client: ArtifactClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "a.txt").write_text("a")
    (tmp_path / "out" / "sub" / "b ü#%.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "out")
    refs = [
        client.log_artifacts(tmp_path / "out"),
        client.log_artifacts("."),
        client.log_artifacts(tmp_path / "out", "results/run/"),
        client.log_artifact(tmp_path / "out", "results"),
    ]
    assert [ref["uri"].partition("//")[2] for ref in refs] == ["out@1", "out@2", "results/run@1", "results/out@1"]
    assert {ref["metadata"]["files"] for ref in refs} == {2}
    assert client.load_text("out/a.txt") == "a"
    assert client.load_dict("artifact://results/run@1/sub/b%20%C3%BC%23%25.json") == {}
    target = client.download_artifacts("results/run", tmp_path / "to")
    assert (target / "sub" / "b ü#%.json").read_text() == "{}"
    with pytest.raises(ArtifactLoadError, match=r"it is a folder. Name a file: artifact://out@2/<file>"):
        client.load_text("out")
    with pytest.raises(ArtifactNotFoundError, match=r"no file 'b' in artifact://out@2. It has 'a\.txt'"):
        client.load_text("out/b")


def test_folders_that_are_no_folders(client: ArtifactClient, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("")
    os.mkfifo(tmp_path / "fifo")
    for name, problem in (
        ("absent", "cannot be read: No such file"),
        ("empty", "is empty"),
        ("file.txt", "is a file, not a folder. Use log_artifact"),
        ("fifo", "is neither a file nor a folder"),
    ):
        with pytest.raises((ArtifactError, UnsafeFileError), match=problem):
            client.log_artifacts(tmp_path / name)
    for name in ("absent", "empty", "fifo"):
        with pytest.raises((ArtifactError, UnsafeFileError)):
            client.log_artifact(tmp_path / name)
    assert stored(client) == []


NOT_NAMES = ["a b.txt", "a#.txt", "a?.txt", "100%.txt", "ä.txt", "../a.txt", "/a.txt", "a//b.txt", ""]


@pytest.mark.parametrize("name", NOT_NAMES)
def test_what_is_no_name_is_refused_by_all_that_save(client: ArtifactClient, name: str) -> None:
    saves: list[Callable[[], object]] = [
        lambda: client.save_artifact(name, 1),
        lambda: client.log_text("x", name),
        lambda: client.log_dict({}, name),
        lambda: client.log_table({}, name),
        lambda: client.log_stream(io.BytesIO(), name),
        lambda: client.log_image(None, name),
        lambda: client.log_figure(None, name),
        lambda: client.log_artifact("/etc/hostname", name) if name else client.log_text("", name),
        lambda: client.log_artifacts("/etc", name or "a b"),
    ]
    for save in saves:
        with pytest.raises(UnsafeNameError, match="The artifact name"):
            save()
    assert stored(client) == []


# Finding


def test_versions_are_filtered(client: ArtifactClient) -> None:
    repository = client.repository
    before = datetime.now(timezone.utc)
    save_value(repository, "a", 1, Producer("d1", "r1", "t1"), metadata={"ok": True, "n": 1}, tags=["x", "y"])
    save_value(repository, "a", 2, Producer("d1", "r2", "t1"), metadata={"ok": 1, "n": 2}, tags=["x"])
    middle = datetime.now(timezone.utc)
    save_value(repository, "a", 3, Producer("d2", "r1", "t2"), metadata={"ok": False})
    save_value(repository, "a", 4)

    def found(**wanted: Any) -> list[int]:
        return [version.version for version in client.list_artifact_versions("a", **wanted)]

    assert found() == [1, 2, 3, 4]
    assert found(metadata={"ok": True}) == [1]
    assert found(metadata={"ok": 1}) == [2]
    assert found(tags="x") == found(tags=["x"]) == [1, 2]
    assert found(tags=["x", "y"]) == [1]
    assert (found(dag_id="d1"), found(run_id="r1"), found(task_id="t2")) == ([1, 2], [1, 3], [3])
    assert found(dag_id="d1", run_id="r1", task_id="t1", tags="y", metadata={"n": 1}) == [1]
    assert (found(created_after=before), found(created_after=middle)) == ([1, 2, 3, 4], [3, 4])
    naive = middle.replace(tzinfo=None)
    assert (found(created_before=naive), found(created_before=naive.isoformat())) == ([1, 2], [1, 2])
    assert found(created_after=before + timedelta(days=1)) == []
    client.log_metadata({"ok": "new", "n": 1}, "a@3")
    assert (found(metadata={"ok": False}), found(metadata={"ok": "new"})) == ([], [3])
    assert found(metadata={"n": 1}) == [1, 3]
    with pytest.raises(ArtifactNotFoundError, match="no artifact 'b'"):
        client.list_artifact_versions("b", tags="x")


def test_metadata_is_added_by_any_reference(client: ArtifactClient) -> None:
    ref = client.save_artifact("a", 1)
    version = client.get_artifact_version("a")
    for number, reference in enumerate((ref, version, "a", "a@1", "artifact://a@1", "artifact://a")):
        client.log_metadata({"n": number}, reference)
    assert client.get_artifact_version("a").metadata["n"] == 5
    assert len(client.get_artifact_version("a").metadata_history) == 6
    with pytest.raises(ArtifactNotFoundError):
        client.log_metadata({"n": 1}, "b")
    with pytest.raises(ArtifactError, match=r"metadata\['n'\] is nan"):
        client.log_metadata({"n": np.float64("nan")}, "a")


def test_the_list_of_artifacts(client: ArtifactClient) -> None:
    producer = Producer("d", "manual__2026-01-02T03:04:05+00:00", "t", 3)
    for name in ("b", "a/x", "a/y"):
        save_value(client.repository, name, 1)
        save_value(client.repository, name, 2, producer)
    assert [version.uri for version in client.list_artifacts()] == [
        f"artifact://{n}@2" for n in ("a/x", "a/y", "b")
    ]
    assert [version.name for version in client.list_artifacts("a/")] == ["a/x", "a/y"]
    run = f"run://d/{producer.run_id}"
    for uri in (run, f"{run}/t", f"{run}/t/3"):
        assert [version.uri for version in client.list_artifacts(uri)] == [
            f"artifact://{n}@2" for n in ("a/x", "a/y", "b")
        ]
    assert [version.uri for version in client.list_artifacts(f"{run}/t/3/b")] == ["artifact://b@2"]
    assert [version.uri for version in client.list_artifacts("artifact://b@1")] == ["artifact://b@1"]
    assert client.list_artifacts(f"{run}/t/4") == []
    with pytest.raises(ArtifactUriError):
        client.list_artifacts("s3://bucket")


def test_deleting(client: ArtifactClient) -> None:
    for label in ("v1", "v2", "v3"):
        client.save_artifact("a", label, version=label)
    client.delete_artifact_version("a", 3)
    client.delete_artifact_version("a", "v1")
    assert client.load_artifact("a") == "v2"
    client.delete_artifact_version("a", "2")
    assert client.list_artifact_versions("a") == client.list_artifacts() == []
    with pytest.raises(ArtifactNotFoundError, match="All that there were are deleted"):
        client.load_artifact("a")
    with pytest.raises(VersionExistsError):
        client.save_artifact("a", 1, version="v2")
    assert client.save_artifact("a", 1)["version"] == 4
    with pytest.raises(ArtifactNotFoundError):
        client.delete_artifact_version("a", 5)


def test_a_flipped_byte_is_refused_by_all_that_load(client: ArtifactClient, tmp_path: Path) -> None:
    ref = client.log_table({"a": [1, 2]}, "results/table.csv")
    key = f"{ref['path']}/table.csv"
    store = client.repository.store
    data = bytearray(store.read(key))
    data[-2] ^= 1
    store.replace(key, bytes(data))
    for load in (
        lambda: client.load_artifact(ref),
        lambda: client.load_table(ref),
        lambda: client.load_text("results/table.csv"),
        lambda: client.load_dict("results/table.csv"),
        lambda: client.download_artifacts("artifact://results/table.csv", tmp_path / "to"),
        lambda: client.get_artifact_version("results/table.csv").load(),
    ):
        with pytest.raises(DamagedObjectError, match=r"table\.csv is damaged"):
            load()
    assert not [path for path in tmp_path.glob("to/**/*") if path.is_file()]
