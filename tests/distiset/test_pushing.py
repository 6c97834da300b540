"""A distiset on the Hub: what is pushed, what others read back, and whose files stay."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from airflow_artifacts.distiset import load_from_disk
from airflow_artifacts.distiset.manifest import Manifest
from airflow_artifacts.exceptions import (
    DamagedObjectError,
    DistisetError,
    ForeignFileError,
    HubError,
    HubRefusedError,
    SchemaChangeError,
)
from airflow_artifacts.hub import HubLogin
from airflow_artifacts.testing.commits import CommitMessage
from tests.distiset.pushes import REPO, asked, contents, read_back, run
from tests.distiset.support import PNG, distiset, numbered, step, stored_artifact, tree

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.distiset import Distiset
    from airflow_artifacts.storage import ObjectStore
    from airflow_artifacts.testing import FakeHub
    from tests.distiset.pushes import Push

PERSONS = """---
license: apache-2.0
language: no
tags: [mine]
configs:
- config_name: extra
  data_files: extra/*.parquet
---
# My own title

My own text.
"""


def front(hub: FakeHub, revision: str = "main") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(hub.read(REPO, "README.md", revision).decode().split("---\n")[1])
    return found


def various(root: Path) -> Distiset:
    artifacts = [
        stored_artifact(root, "plots/length", {"ä (1)#.png": PNG, "data.json": b'{"n": 1}'}, version=1),
        stored_artifact(root, "plots/length", {"ä (1)#.png": PNG + b"2"}, version=2, ordinal=1),
        stored_artifact(root, "empty", {"nothing.txt": b"", "also.bin": b""}),
    ]
    rows: list[dict[str, Any]] = numbered(2503, tags=["a", None], meta={"deep": [{"x": 1.5}], "none": None})
    subsets: dict[str, list[Any]] = {
        "good": rows,
        "bad": [{"why": "short", "n": None}, {"why": None, "n": 2**40}] * 2,
    }
    return distiset(subsets, artifacts=artifacts, steps=[step("count")])


@pytest.mark.filterwarnings("ignore:Use 'content:DeprecationWarning")  # of the client, which uploads over LFS
@pytest.mark.parametrize("way", ["xet", "lfs"])
def test_others_read_what_was_pushed(
    request: pytest.FixtureRequest, hub: FakeHub, push: Push, tmp_path: Path, way: str
) -> None:
    root, source = request.getfixturevalue("root"), request.getfixturevalue("source")
    if way == "lfs":
        request.getfixturevalue("without_xet")
    made = various(root)
    options: dict[str, Any] = {"shard_bytes": 40_000, "train_size": 0.8}
    made.save(str(tmp_path / "saved"), source=source, **options)
    pushed = push(made, **options)
    saved = load_from_disk(str(tmp_path / "saved"))
    rows = {name: {split: list(rows) for split, rows in saved[name].items()} for name in saved}
    [seen] = read_back(hub, tmp_path / "home", REPO)
    assert seen["rows"] == rows
    assert seen["snapshot"].endswith(str(pushed.commit and pushed.commit.oid))
    loaded = load_from_disk(seen["snapshot"])
    assert {name: {split: list(rows) for split, rows in loaded[name].items()} for name in loaded} == rows
    assert loaded.manifest == pushed.manifest
    files, disk = contents(hub), tree(tmp_path / "saved")
    assert files.keys() == disk.keys()
    texts = {"README.md", "distiset.json"}
    assert {path: files[path] for path in files.keys() - texts} == {
        path: disk[path] for path in disk.keys() - texts
    }
    assert [artifact.read("ä (1)#.png") for artifact in loaded.artifacts[:2]] == [PNG, PNG + b"2"]
    assert [artifact.version for artifact in loaded.artifacts] == [1, 2, None]
    links = re.findall(r"\]\(([^)]*)\)", files["README.md"].decode().replace("\\", ""))
    assert len(links) == 7
    assert {unquote(link) for link in links} <= files.keys()
    assert f'load_dataset("{REPO}", "good")' in files["README.md"].decode()
    assert pushed.card == files["README.md"].decode()
    assert pushed.changes.rows_after == {"good": 2503, "bad": 4}
    assert set(pushed.changes.added) == files.keys()


def test_the_types_of_the_card_are_those_of_the_rows(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    rows = [{"i": 1, "f": 0.5, "b": True, "t": "x", "y": b"\0", "z": None, "l": [1], "s": {"k": "v"}}]
    push(distiset({"default": rows * 1001}))
    assert run(hub, tmp_path / "home", _COMPARING) == "ok"
    assert front(hub)["size_categories"] == ["1K<n<10K"]
    assert front(hub)["configs"] == [
        {"config_name": "default", "data_files": [{"split": "train", "path": "default/train-*"}]}
    ]


_COMPARING = """
import sys
from datasets import load_dataset, load_dataset_builder
from pyarrow import parquet
from huggingface_hub import hf_hub_download
rows = load_dataset("tester/data", split="train")
file = hf_hub_download("tester/data", "default/train-00000-of-00001.parquet", repo_type="dataset")
assert rows.features.arrow_schema.remove_metadata() == parquet.read_schema(file).remove_metadata()
assert load_dataset_builder("tester/data").info.features == rows.features
assert rows[1000]["y"] == b"\\0" and rows[0]["z"] is None
print("ok")
"""


def test_the_same_again_adds_nothing(hub: FakeHub, push: Push, root: Path) -> None:
    first = push(various(root), shard_bytes=40_000)
    assert first.commit is not None
    assert first.commit.is_new
    since = len(hub.requests)
    again = push(various(root), shard_bytes=40_000)
    assert again.commit is not None
    assert again.commit.oid == first.commit.oid == hub.commits(REPO)[0].oid
    assert not again.commit.is_new
    assert again.manifest == first.manifest
    assert again.changes.added == again.changes.deleted == ()
    assert not asked(hub, "POST", since=since)
    assert not asked(hub, "PUT", since=since)
    assert len(hub.commits(REPO)) == 2


def test_one_commit_has_everything(hub: FakeHub, push: Push, root: Path) -> None:
    made = push(various(root), commit_message="all of it").commit
    assert made is not None
    [commit, _] = hub.commits(REPO)
    assert hub.token.encode() not in b"".join(contents(hub).values())
    assert (commit.message, commit.oid) == ("all of it", made.oid)
    assert made.url == f"{hub.endpoint}/datasets/{REPO}/commit/{made.oid}"
    push(distiset({"a": numbered(1)}, name="Named"))
    assert hub.commits(REPO)[0].message == "Push Named"


def test_fewer_shards_leave_none_behind(hub: FakeHub, push: Push, root: Path) -> None:
    push(various(root), shard_bytes=40_000)
    foreign = {
        "LICENSE": b"free",
        "extra/x.csv": b"a,b\n1,2\n",
        "artifacts/mine.txt": b"mine",
        "good/notes.md": b"n",
    }
    hub.commit(REPO, dict(foreign))
    pushed = push(distiset({"good": numbered(10)}))
    expected = {"README.md", "distiset.json", "good/train-00000-of-00001.parquet", *foreign}
    assert contents(hub).keys() == expected
    assert {path: content for path, content in contents(hub).items() if path in foreign} == foreign
    assert [path for path in pushed.changes.deleted if path.startswith("good/")] == [
        f"good/train-0000{number}-of-00003.parquet" for number in range(3)
    ]
    assert "artifacts/count/empty/also.bin" in pushed.changes.deleted
    assert pushed.changes.rows_before == {"good": 2503, "bad": 4}
    assert pushed.changes.schemas["good"].removed == ("tags", "meta")


def test_what_is_there_no_more_cannot_be_deleted(hub: FakeHub, push: Push, root: Path) -> None:
    push(various(root))
    hub.commit(REPO, {"bad/train-00000-of-00001.parquet": None})
    push(distiset({"good": numbered(10)}))
    assert contents(hub).keys() == {"README.md", "distiset.json", "good/train-00000-of-00001.parquet"}


@pytest.mark.parametrize(
    "path",
    [
        "a/train-00000-of-00001.parquet",
        "a/train-extra.parquet",
        "artifacts/count/plot/x.png",
        "artifacts/count/plot/metadata.json",
        "artifacts/count",
        "a",
    ],
)
def test_a_file_of_somebody_else_is_in_the_way(hub: FakeHub, push: Push, root: Path, path: str) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {path: b"mine"})
    before = contents(hub)
    artifact = stored_artifact(root, "plot", {"x.png": PNG})
    with pytest.raises(ForeignFileError, match=re.escape(repr(path))) as caught:
        push(distiset({"a": numbered(3)}, artifacts=[artifact]))
    assert REPO in str(caught.value)
    assert contents(hub) == before
    assert not asked(hub, "POST"), "nothing was sent"


@pytest.mark.parametrize("files", ["x/*.csv", "[x/a.csv]", "{train: x/a.csv}", "[{split: train, path: x/a*}]"])
def test_a_configuration_of_another_format_would_not_load_any_more(hub: FakeHub, push: Push, files: str) -> None:
    hub.create_repo(REPO)
    card = f"---\nconfigs:\n- config_name: mine\n  data_files: {files}\n---\n"
    hub.commit(REPO, {"README.md": card.encode(), "x/a.csv": b"a\n1\n", "y/b.csv": b"b\n2\n"})
    with pytest.raises(ForeignFileError, match=r"'x/a\.csv'.* of the configuration 'mine', .* of one format"):
        push(distiset({"a": numbered(3)}))
    assert not asked(hub, "POST")


@pytest.mark.parametrize("files", ["data_files: data/*.parquet", "data_files: {test: a/test-*}", "data_dir: data"])
def test_a_configuration_of_somebody_else_is_not_replaced(hub: FakeHub, push: Push, files: str) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {"README.md": f"---\nconfigs:\n- config_name: a\n  {files}\n---\n".encode()})
    before = contents(hub)
    with pytest.raises(ForeignFileError, match=r"'README\.md'.* has a configuration 'a' of other files"):
        push(distiset({"a": numbered(3)}))
    assert contents(hub) == before
    assert not asked(hub, "POST")
    push(distiset({"b": numbered(3)}))
    assert [each["config_name"] for each in front(hub)["configs"]] == ["b", "a"]


def test_a_configuration_that_is_like_ours_is_ours(hub: FakeHub, push: Push) -> None:
    push(distiset({"a": numbered(3)}))
    hub.commit(REPO, {"distiset.json": None, "a/train-00000-of-00001.parquet": None})
    push(distiset({"a": numbered(3)}))
    assert [each["config_name"] for each in front(hub)["configs"]] == ["a"]


def test_a_manifest_of_a_stranger_does_not_make_files_ours(hub: FakeHub, push: Push, root: Path) -> None:
    push(distiset({"a": numbered(3)}))
    manifest = json.loads(hub.read(REPO, "distiset.json"))
    precious = {"precious/people.csv": b"1", "a/notes.parquet": b"2", "b/train-00000-of-00001.parquet": b"3"}
    for path, content in {**precious, ".gitattributes": b""}.items():
        record = {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest["files"].append(record)
    hub.commit(REPO, {**precious, "distiset.json": json.dumps(manifest).encode()})
    attributes = hub.read(REPO, ".gitattributes")
    before = contents(hub)
    with pytest.raises(ForeignFileError, match="b/train-00000-of-00001"):
        push(distiset({"b": numbered(3)}))
    assert contents(hub) == before
    pushed = push(distiset({"a": numbered(4)}))
    assert pushed.changes.deleted == ()
    assert {path: hub.read(REPO, path) for path in precious} == precious
    assert hub.read(REPO, ".gitattributes") == attributes


def test_what_somebody_put_in_the_place_of_our_file_stays(
    hub: FakeHub, push: Push, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (f"a/train-0000{number}-of-00002.parquet" for number in range(2))
    plot = stored_artifact(root, "plot", {"x.png": PNG})
    push(distiset({"a": numbered(900)}, artifacts=[plot]), shard_bytes=15_000)
    assert first in contents(hub)
    hub.commit(REPO, {"artifacts/count/plot/x.png": b"mine", first: b"mine"})
    with pytest.raises(ForeignFileError, match=first):
        push(distiset({"a": numbered(3)}))
    push(distiset({"a": numbered(900)}), shard_bytes=15_000)
    assert contents(hub).keys() == {"README.md", "distiset.json", first, second, "artifacts/count/plot/x.png"}
    assert contents(hub)["artifacts/count/plot/x.png"] == b"mine"
    assert contents(hub)[first] != b"mine"
    assert "artifacts/count/plot/x.png of" in caplog.text


def test_the_text_and_the_yaml_of_a_person_stay(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    hub.create_repo(REPO)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "x.parquet")
    hub.commit(REPO, {"README.md": PERSONS.encode(), "extra/x.parquet": (tmp_path / "x.parquet").read_bytes()})
    for count in (3, 4):
        push(distiset({"a": numbered(count)}))
        card, found = hub.read(REPO, "README.md").decode(), front(hub)
        assert card.count("My own text.") == card.count("# My own title") == 1
        assert card.index("My own text.") < card.index("begin summary")
        assert card.count("begin summary") == 1
        assert (found["license"], found["language"]) == ("apache-2.0", "no")
        assert found["tags"] == ["mine", "airflow", "airflow-artifacts", "distiset"]
        assert [each["config_name"] for each in found["configs"]] == ["a", "extra"]
    edited = card.replace("My own text.", "My new text.").replace("license: apache-2.0", "license: mit")
    hub.commit(REPO, {"README.md": (edited + "\nThe end.\n").encode()})
    push(distiset({"a": numbered(4)}))
    card = hub.read(REPO, "README.md").decode()
    assert "My new text." in card
    assert card.endswith("The end.\n")
    assert front(hub)["license"] == "mit"
    [seen] = read_back(hub, tmp_path / "home", REPO)
    assert seen["rows"] == {"a": {"train": numbered(4)}, "extra": {"train": [{"a": 1}]}}


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        (b"---\nlicense: [\n---\n", "cannot be read"),
        (b"---\n- a\n---\n", "is a list"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_card_that_cannot_be_read_is_left_alone(hub: FakeHub, push: Push, card: bytes, problem: str) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {"README.md": card})
    with pytest.raises(DistisetError, match=problem):
        push(distiset({"a": numbered(3)}))
    assert contents(hub) == {"README.md": card}
    assert not asked(hub, "POST")


def test_a_manifest_that_cannot_be_read_is_left_alone(hub: FakeHub, push: Push) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {"distiset.json": b"{}"})
    with pytest.raises(DamagedObjectError, match=f"{REPO}/distiset.json"):
        push(distiset({"a": numbered(3)}))
    push(distiset({"a": numbered(3)}), "tester/other")
    damaged = json.loads(hub.read("tester/other", "distiset.json"))
    damaged["subsets"][0]["schema"] = "bm9uZQ=="
    hub.commit("tester/other", {"distiset.json": json.dumps(damaged).encode()})
    with pytest.raises(DamagedObjectError, match="the schema of subset 'a'"):
        push(distiset({"a": numbered(4)}), "tester/other")


def damage(content: dict[str, Any], path: str, value: object) -> bytes:
    """Set what a path of keys and numbers leads to."""
    *keys, last = [int(key) if key.isdecimal() else key for key in path.split("/")]
    inner: Any = content
    for key in keys:
        inner = inner[key]
    inner[last] = value
    return json.dumps(content).encode()


def test_a_manifest_with_values_of_other_types_is_damaged(hub: FakeHub, push: Push, root: Path) -> None:
    push(distiset({"a": numbered(3)}, artifacts=[stored_artifact(root, "plot", {"x.png": PNG})]))
    manifest = hub.read(REPO, "distiset.json")
    damaged = {
        "name": 1, "subsets": {"a": 1}, "subsets/0": "a", "subsets/0/name": ["a"], "subsets/0/schema": 1,
        "subsets/0/parts": 1, "subsets/0/parts/0/rows": "3", "subsets/0/parts/0/size": -1,
        "subsets/0/parts/0/files": "a", "subsets/0/parts/0/files/0": "a/other", "subsets/0/parts/0/part": None,
        "artifacts/0/folder": 1, "artifacts/0/files": ["y.png"], "artifacts/0/metadata": [], "files": [],
        "files/0/size": True, "files/0/path": 1, "files/0/sha256": None,
    }  # fmt: skip
    texts = {path: damage(json.loads(manifest), path, value) for path, value in damaged.items()}
    for path, text in {**texts, "deep": b"[" * 100_000, "long": b'{"format": ' + b"1" * 5000 + b"}"}.items():
        with pytest.raises(DamagedObjectError):
            pytest.fail(f"{path}: {Manifest.from_bytes(text, 'x')}")
    hub.commit(REPO, {"distiset.json": texts["subsets/0/parts/0/rows"]})
    with pytest.raises(DamagedObjectError, match="a number is '3'"):
        push(distiset({"a": numbered(4)}))


def test_a_card_of_ones_own(hub: FakeHub, push: Push) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {"README.md": PERSONS.encode()})
    push(distiset({"a": numbered(3)}, name="Name"))
    push(distiset({"a": numbered(4)}, name="Name"), card_template="{{ manifest.name }} of {{ manifest.rows }}.")
    card = hub.read(REPO, "README.md").decode()
    assert "Name of 4." in card
    assert "begin summary" not in card
    assert "My own text." in card
    assert front(hub)["configs"][0]["config_name"] == "a"
    push(distiset({"a": numbered(5)}))
    card = hub.read(REPO, "README.md").decode()
    assert "Name of" not in card
    assert "begin summary" in card


def test_a_card_with_sections_of_ones_own(hub: FakeHub, push: Push) -> None:
    template = "<!-- airflow-artifacts:begin rows -->{{ manifest.rows }} rows<!-- airflow-artifacts:end rows -->"
    for count in (3, 4):
        push(distiset({"a": numbered(count)}), card_template=template)
        card = hub.read(REPO, "README.md").decode()
        assert re.findall(r"\d rows", card) == [f"{count} rows"]
        hub.commit(REPO, {"README.md": (card + "mine\n").encode()})
    assert card.endswith("mine\n")


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("a\n{% if %}", "in line 2"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("<!-- airflow-artifacts:begin a -->", "begins a section that it does not end"),
        ("<!-- airflow-artifacts:begin A -->x<!-- airflow-artifacts:end A -->", "letters a to z"),
    ],
)
def test_a_template_that_cannot_be_rendered(hub: FakeHub, push: Push, template: str, problem: str) -> None:
    with pytest.raises(DistisetError, match=problem):
        push(distiset({"a": numbered(3)}), card_template=template)
    assert not asked(hub, "POST", "/commit/")


def test_a_column_of_another_type_is_refused(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    push(distiset({"a": [{"n": 1, "m": None}], "b": numbered(1)}))
    since, before = len(hub.requests), contents(hub)
    changed = distiset({"a": [{"n": "1", "m": 5}]})
    with pytest.raises(SchemaChangeError, match="'n' was int64 and is string") as caught:
        push(changed)
    assert caught.value.column == "n"
    assert not asked(hub, "POST", since=since)
    assert contents(hub) == before
    pushed = push(changed, allow_type_changes=True)
    assert pushed.changes.schemas["a"].retyped == {"n": ("int64", "string")}
    [seen] = read_back(hub, tmp_path / "home", REPO)
    assert seen["rows"] == {"a": {"train": [{"n": "1", "m": 5}]}}


def test_a_dry_run_writes_nothing(hub: FakeHub, push: Push, root: Path, tmp_path: Path) -> None:
    push(distiset({"a": numbered(900), "gone": numbered(1)}), shard_bytes=15_000)
    since, before = len(hub.requests), contents(hub)
    artifact = stored_artifact(root, "plot", {"x.png": PNG})
    made = distiset({"a": numbered(4, more=1)}, artifacts=[artifact])
    dry = push(made, dry_run=True, card_path=tmp_path / "look/card")
    assert {request.method for request in hub.requests[since:]} == {"GET", "HEAD"}
    assert contents(hub) == before
    assert dry.commit is None
    assert dry.changes.rows_before == {"a": 900, "gone": 1}
    assert dry.changes.rows_after == {"a": 4}
    assert dry.changes.schemas["a"].added == ("more",)
    assert (tmp_path / "look/card/README.md").read_text() == dry.card
    done = push(made, card_path=str(tmp_path / "look/card"))
    assert (done.manifest, done.changes, done.card) == (dry.manifest, dry.changes, dry.card)
    assert (tmp_path / "look/card/README.md").read_bytes() == hub.read(REPO, "README.md")
    assert set(dry.changes.deleted) == before.keys() - contents(hub).keys()
    assert set(dry.changes.added) == {
        path for path, content in contents(hub).items() if before.get(path) != content
    }
    with pytest.raises(SchemaChangeError):
        push(distiset({"a": [{"id": "x"}]}), dry_run=True)


def test_a_dry_run_needs_no_repository_and_no_token(hub: FakeHub, push: Push) -> None:
    dry = push(distiset({"a": numbered(3)}), dry_run=True, login=HubLogin(None, hub.endpoint))
    assert dry.changes.rows_before == {}
    assert len(dry.changes.added) == 3
    assert {request.method for request in hub.requests} == {"GET"}
    with pytest.raises(KeyError):
        hub.commits(REPO)


def test_a_dry_run_for_a_branch_that_is_not_there_looks_where_it_would_begin(hub: FakeHub, push: Push) -> None:
    push(distiset({"a": numbered(3)}))
    made = distiset({"a": numbered(4)})
    dry = push(made, revision="next", dry_run=True)
    assert dry.changes.rows_before == {"a": 3}
    assert push(made, revision="next").changes == dry.changes


def test_a_branch_is_created(hub: FakeHub, push: Push) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {"LICENSE": b"free"})
    first = push(distiset({"a": numbered(3)}), revision="next/one")
    assert not asked(hub, "POST", "/repos/create")
    assert hub.tree(REPO).keys() == {".gitattributes", "LICENSE"}
    assert contents(hub, REPO, "next/one").keys() >= {"LICENSE", "distiset.json"}
    since = len(hub.requests)
    again = push(distiset({"a": numbered(3)}), revision="next/one")
    assert first.commit
    assert again.commit
    assert again.commit.oid == first.commit.oid
    assert not asked(hub, "POST", since=since)
    push(distiset({"a": numbered(3)}), "acme/other", revision="next")
    assert len(hub.commits("acme/other", "next")) == 2
    assert len(hub.commits("acme/other")) == 1


def test_a_revision_that_is_no_branch_is_refused(hub: FakeHub, push: Push) -> None:
    push(distiset({"a": numbered(3)}))
    for revision in (hub.commits(REPO)[0].oid, "refs/pr/9"):
        with pytest.raises(HubError):
            push(distiset({"a": numbered(4)}), revision=revision)
    assert len(hub.refs(REPO)) == 1


@pytest.mark.parametrize("private", [None, True, False])
def test_a_repository_is_private_if_it_is_created_so(hub: FakeHub, push: Push, private: bool | None) -> None:
    push(distiset({"a": numbered(3)}), private=private)
    assert hub._state.repositories[REPO].private is bool(private)
    push(distiset({"a": numbered(3)}), private=not private)
    assert hub._state.repositories[REPO].private is bool(private)


def test_without_a_token_nothing_is_asked(hub: FakeHub, push: Push) -> None:
    with pytest.raises(HubRefusedError, match="hf auth login") as caught:
        push(distiset({"a": numbered(3)}), login=HubLogin(None, hub.endpoint))
    assert REPO in str(caught.value)
    assert not caught.value.retryable
    assert not hub.requests


def test_the_login_of_the_environment(hub: FakeHub, source: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    assert distiset({"a": numbered(3)}).push(REPO, source=source).url == f"{hub.endpoint}/datasets/{REPO}"


def test_a_pull_request(hub: FakeHub, push: Push, tmp_path: Path) -> None:
    push(distiset({"a": numbered(3)}))
    main = contents(hub)
    pushed = push(distiset({"a": numbered(4)}), create_pr=True)
    assert pushed.commit
    assert pushed.commit.pull_request_url == f"{hub.endpoint}/datasets/{REPO}/discussions/1"
    assert contents(hub) == main
    assert hub.refs(REPO)["refs/pr/1"] == pushed.commit.oid
    again = push(distiset({"a": numbered(4)}), create_pr=True)
    assert again.commit
    assert (again.commit.oid, again.commit.is_new) == (pushed.commit.oid, False)
    assert again.commit.pull_request_url == pushed.commit.pull_request_url
    other = push(distiset({"a": numbered(5)}), create_pr=True)
    assert other.commit
    assert other.commit.pull_request_url == f"{hub.endpoint}/datasets/{REPO}/discussions/2"
    [seen] = read_back(hub, tmp_path / "home", REPO, revision="refs/pr/2")
    assert seen["rows"] == {"a": {"train": numbered(5)}}


def test_pull_requests_with_other_things_do_not_matter(hub: FakeHub, push: Push) -> None:
    push(distiset({"a": numbered(3)}))
    repository = hub._repository(REPO)
    requests: list[dict[str, bytes | None]] = [
        {"README.md": b"---\n[\n---\n"},
        {"distiset.json": b"{}"},
        {"a/train-more.parquet": b"x"},
        {"a/train-00000-of-00001.parquet": None, "README.md": None},
    ]
    for number, files in enumerate(requests, start=1):
        repository.add_pull_request("main", [], CommitMessage("mine, changed by hand", "", "tester"))
        hub.commit(REPO, files, revision=f"refs/pr/{number}")
    assert push(distiset({"a": numbered(3)}), create_pr=True).commit
    pushed = push(distiset({"a": numbered(4)}), create_pr=True)
    assert pushed.commit
    assert pushed.commit.is_new
    assert pushed.changes.rows_before == {"a": 3}


def test_pull_requests_that_were_closed_or_are_of_others_are_not_taken_for_this_one(
    hub: FakeHub, push: Push
) -> None:
    push(distiset({"a": numbered(3)}))
    made = distiset({"a": numbered(4)})
    push(made, login=HubLogin(hub.add_user("stranger"), hub.endpoint), create_pr=True)
    seen = []
    for closed in (None, 2, None):
        if closed:
            hub.close_pull_request(REPO, closed)
        commit = push(made, create_pr=True).commit
        assert commit
        seen.append((commit.is_new, str(commit.pull_request_url)[-1]))
    assert seen == [(True, "2"), (True, "3"), (False, "3")]


def test_who_may_not_write_can_open_a_pull_request(hub: FakeHub, push: Push) -> None:
    hub.create_repo("tester/theirs")
    stranger = HubLogin(hub.add_user("stranger"), hub.endpoint)
    made = distiset({"a": numbered(3)})
    with pytest.raises(HubRefusedError, match="write access") as caught:
        push(made, "tester/theirs", login=stranger)
    assert not caught.value.retryable
    pushed = push(made, "tester/theirs", login=stranger, create_pr=True)
    assert pushed.commit
    assert hub.refs("tester/theirs")["refs/pr/1"] == pushed.commit.oid


def test_what_git_ignores_is_pushed_nevertheless(hub: FakeHub, push: Push, root: Path) -> None:
    hub.create_repo(REPO)
    hub.commit(REPO, {".gitignore": b"*.json\n*.png\n*.parquet\n"})
    push(distiset({"a": numbered(3)}, artifacts=[stored_artifact(root, "plot", {"x.png": PNG})]))
    assert contents(hub)["artifacts/count/plot/x.png"] == PNG
    assert contents(hub).keys() > {"distiset.json", "a/train-00000-of-00001.parquet"}
