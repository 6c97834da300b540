"""``LoadDataFromHub`` with the real ``datasets``, in processes of their own: it reads ``HF_ENDPOINT`` once."""

from __future__ import annotations

import io
import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airflow_artifacts.exceptions import HubRefusedError
from airflow_artifacts.hub import HubLogin
from airflow_artifacts.steps.hub_datasets import import_datasets
from airflow_artifacts.testing import Fault
from tests.steps.hub_support import run_python

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_artifacts.testing import FakeHub

REPO, OTHER = "tester/numbers", "tester/lines"
CARD = b"""---
configs:
- config_name: parquet
  data_files:
  - {split: train, path: "a/train-*.parquet"}
  - {split: empty, path: "a/empty.parquet"}
---
"""
LINES = b"""---
configs:
- config_name: jsonl
  data_files: "b/*.jsonl"
- config_name: broken
  data_files: "c/*.jsonl"
- config_name: nothing
  data_files: "d/*.jsonl"
---
"""
# Runs each case and prints what came, or the error.
CODE = """
import json, logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stderr, force=True)
logging.getLogger("httpx2").setLevel(logging.WARNING)
from airflow_artifacts.steps import LoadDataFromHub
results = []
for case in json.loads(sys.argv[1]):
    offset = case.pop("offset", 0)
    step = LoadDataFromHub(**{"repo_id": "tester/numbers", "batch_size": 4, **case})
    try:
        results.append(list(step.process(offset)))
    except Exception as error:
        final = not getattr(error, "retryable", None)
        results.append({"error": type(error).__name__, "text": str(error), "final": final})
print(json.dumps(results, default=str))
"""


def parquet(*numbers: int) -> bytes:
    file = io.BytesIO()
    with pq.ParquetWriter(file, pa.schema([("n", pa.int64())])) as writer:
        if numbers:
            writer.write_table(pa.table({"n": numbers}))
    return file.getvalue()


def jsonl(*numbers: int) -> bytes:
    return b"".join(b'{"n": %d}\n' % number for number in numbers)


def batches(*lengths: int, start: int = 0) -> list[Any]:
    """Give what is expected: lists of numbered rows, and whether each is the last."""
    made = []
    for index, length in enumerate(lengths):
        rows = [{"n": number} for number in range(start, start + length)]
        made.append([rows, index == len(lengths) - 1])
        start += length
    return made


@pytest.fixture
def numbers(hub: FakeHub) -> FakeHub:
    hub.create_repo(REPO)
    hub.commit(
        REPO,
        {
            "README.md": CARD,
            "a/train-0.parquet": parquet(*range(6)),
            "a/train-1.parquet": parquet(*range(6, 10)),
            "a/empty.parquet": parquet(),
        },
    )
    hub.create_repo(OTHER)
    hub.commit(
        OTHER,
        {
            "README.md": LINES,
            "b/0.jsonl": jsonl(*range(3)),
            "b/1.jsonl": jsonl(*range(3, 10)),
            "c/0.jsonl": b'{"n": 1}\n{"n"\n',
            "d/0.jsonl": b"",
        },
    )
    return hub


def run(hub: FakeHub, home: Path, cases: list[dict[str, Any]], **more: str) -> list[Any]:
    results: list[Any] = json.loads(run_python(hub, home, CODE, json.dumps(cases), **more).splitlines()[-1])
    return results


@pytest.mark.parametrize("streaming", [False, True])
def test_rows(numbers: FakeHub, tmp_path: Path, streaming: bool) -> None:
    expected: list[tuple[dict[str, Any], Any]] = []
    for repo, config in ((REPO, "parquet"), (OTHER, "jsonl")):
        expected += [
            ({"config": config}, batches(4, 4, 2)),
            ({"config": config, "offset": 1}, batches(4, 4, 1, start=1)),
            ({"config": config, "offset": 6}, batches(4, start=6)),
            ({"config": config, "offset": 9}, batches(1, start=9)),
            ({"config": config, "offset": 10}, batches(0)),
            ({"config": config, "offset": 99}, batches(0)),
            ({"config": config, "num_examples": 5}, batches(4, 1)),
            ({"config": config, "num_examples": 5, "offset": 3}, batches(2, start=3)),
            ({"config": config, "num_examples": 5, "offset": 5}, batches(0)),
            ({"config": config, "num_examples": 0}, batches(0)),
            ({"config": config, "num_examples": 99, "batch_size": 100}, batches(10)),
        ]
        expected = [({"repo_id": repo, **case}, rows) for case, rows in expected]
    expected.append(({"config": "parquet", "split": "empty"}, batches(0)))
    found = run(numbers, tmp_path, [case | {"streaming": streaming} for case, _ in expected])
    for (case, rows), seen in zip(expected, found, strict=True):
        assert seen == rows, case


@pytest.mark.parametrize("streaming", [False, True])
def test_errors_say_what_there_is(numbers: FakeHub, tmp_path: Path, streaming: bool) -> None:
    numbers.create_repo("tester/empty")
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        (
            {"repo_id": OTHER, "config": "wrong"},
            "SourceFileError",
            ["'wrong'", "Configurations there: jsonl, broken, nothing.", OTHER],
        ),
        ({"repo_id": OTHER}, "SourceFileError", ["jsonl, broken", "Config name is missing"]),
        (
            {"config": "parquet", "split": "wrong"},
            "SourceFileError",
            ["configuration 'parquet', split 'wrong' at commit", "Splits of 'parquet': train, empty."],
        ),
        (
            {"repo_id": OTHER, "config": "broken"},
            "SourceFileError",
            ["configuration 'broken'", "JSON parse error"],
        ),
        ({"repo_id": OTHER, "config": "nothing"}, "SourceFileError", ["its files have no rows"]),
        ({"repo_id": "tester/empty"}, "SourceFileError", ["doesn't contain any data files"]),
        ({"repo_id": "tester/absent"}, "HubNotFoundError", ["/tester/absent"]),
        ({"repo_id": "nonsense"}, "HubRefusedError", ["no id of a repository"]),
        ({"revision": "wrong"}, "HubNotFoundError", ["wrong"]),
        ({"token": "hf_planted_secret_123456"}, "HubRefusedError", ["token"]),
    ]
    found = run(numbers, tmp_path, [case | {"streaming": streaming} for case, _, _ in cases])
    for (case, kind, texts), seen in zip(cases, found, strict=True):
        assert seen["error"] == kind, (case, seen)
        assert seen["final"]
        assert all(text in seen["text"] for text in texts), (texts, seen["text"])
        assert "hf_planted" not in seen["text"]
        assert numbers.token not in seen["text"]


def test_a_private_one_needs_a_token(hub: FakeHub, tmp_path: Path) -> None:
    hub.create_repo(REPO, private=True)
    hub.commit(REPO, {"a.jsonl": jsonl(1)})
    other = hub.add_user("other")
    cases = [
        {"streaming": streaming, **more}
        for streaming in (False, True)
        for more in ({"token": hub.token}, {"token": other}, {})
    ]
    for token, expected in ((hub.token, True), ("", False)):
        found = run(hub, tmp_path / token, cases, HF_TOKEN=token)
        for given, refused, own in (found[:3], found[3:]):
            assert given == [[[{"n": 1}], True]]
            assert refused["error"] == "HubNotFoundError"
            assert (own == given) == expected


PINNED = """
import json, sys
from airflow_artifacts.steps import LoadDataFromHub
print(json.dumps({streaming: list(LoadDataFromHub(
    repo_id="tester/numbers", streaming=streaming, batch_size=2, revision=sys.argv[1] or None
).process()) for streaming in (False, True)}))
"""


@pytest.mark.parametrize("revision", ["", "main", "v1"])
def test_it_is_pinned(hub: FakeHub, tmp_path: Path, revision: str) -> None:
    """A commit that comes after the beginning changes nothing."""
    from huggingface_hub import HfApi

    hub.create_repo(REPO)
    hub.commit(REPO, {"0.jsonl": jsonl(1, 2), "1.jsonl": jsonl(3)})
    HfApi(hub.endpoint, hub.token).create_tag(REPO, tag="v1", repo_type="dataset")
    replaced = iter(range(100))

    def replace(_: Any) -> None:
        number = next(replaced)
        gone = None if number == 0 else jsonl(-2)
        hub.commit(REPO, {"0.jsonl": jsonl(-1 - number), "1.jsonl": gone, f"{number + 2}.jsonl": jsonl(-5)})

    hub.on_request("after", replace, path=rf"/revision/{revision or 'main'}$")
    found = json.loads(run_python(hub, tmp_path, PINNED, revision).splitlines()[-1])
    assert found["false"] == [[[{"n": 1}, {"n": 2}], False], [[{"n": 3}], True]]
    if revision == "v1":
        assert found["true"] == found["false"]
    assert next(replaced) >= 2


def test_nothing_is_decoded(hub: FakeHub, tmp_path: Path) -> None:
    from datasets import Dataset, Features, Image, Json, List, Value
    from PIL import Image as Pictures

    features = Features(
        {"i": Image(), "l": List(Image()), "s": {"i": Image(), "t": Value("timestamp[us]")}, "j": Json()}
    )
    picture = Pictures.new("RGB", (1, 1))
    row = {"i": picture, "l": [picture, None], "s": {"i": picture, "t": None}, "j": {"a": [1, "x"]}}
    file = io.BytesIO()
    Dataset.from_list([row], features=features).to_parquet(file)
    hub.create_repo(REPO)
    hub.commit(REPO, {"train.parquet": file.getvalue()})
    for ((found, _),) in run(hub, tmp_path, [{"streaming": False}, {"streaming": True}]):
        assert found[0]["j"] == {"a": [1, "x"]}
        for image in (found[0]["i"], found[0]["l"][0], found[0]["s"]["i"]):
            assert image.keys() == {"bytes", "path"}
            assert image["bytes"].startswith("b'\\x89PNG")
        assert found[0]["l"][1] is None
        assert found[0]["s"]["t"] is None


@pytest.mark.parametrize("streaming", [False, True])
def test_the_way_to_the_hub_fails(numbers: FakeHub, tmp_path: Path, streaming: bool) -> None:
    # With a status that the client itself does not wait for.
    numbers.inject(Fault.status(425), path="/resolve/.*train-1", times=1000)
    (found,) = run(numbers, tmp_path, [{"config": "parquet", "streaming": streaming}])
    assert not found["final"], found


CONNECTION = """
import json, os, sys
assert "huggingface_hub" not in sys.modules
from airflow_artifacts.hub import HubLogin, login_finder
from airflow_artifacts.steps import LoadDataFromHub, run_step
login_finder.set(lambda: HubLogin(sys.argv[2], sys.argv[1] + "/"))
print(json.dumps(run_step(LoadDataFromHub(repo_id="tester/lines", config="jsonl", num_examples=2)).rows))
"""


def test_the_endpoint_of_a_connection(numbers: FakeHub, tmp_path: Path) -> None:
    arguments = (numbers.endpoint, numbers.token)
    no_endpoint = {"HF_ENDPOINT": "", "HF_TOKEN": ""}
    found = run_python(numbers, tmp_path, CONNECTION, *arguments, **no_endpoint)
    assert json.loads(found.splitlines()[-1]) == [{"n": 0}, {"n": 1}]


def test_datasets_that_was_imported_for_another_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    with pytest.raises(HubRefusedError, match=r"Set HF_ENDPOINT=https://hub.example in the environment") as caught:
        import_datasets(HubLogin("hf_x", "https://hub.example/"))
    assert not caught.value.retryable
    assert isinstance(import_datasets(HubLogin("hf_x")), ModuleType)
    assert "datasets" in sys.modules
