"""The card: read by a Markdown parser and by ``datasets``, with names that try to break out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import numpy as np
import pytest
import yaml

from airflow_artifacts.distiset import Origin, markdown
from airflow_artifacts.distiset.card import size_category
from tests.distiset.support import PNG, distiset, numbered, step, stored_artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_artifacts.storage import ObjectStore

HOSTILE = (
    'a|b "c" <script>alert(1)</script> `d` ``e`` [f](javascript:g) ![h](i) *j* _k_\n# l\n'
    "<!-- airflow-artifacts:end steps --> --> ~~m~~ &lt; $n$ \\ ```\n---\n"
)


def parse(card: str) -> Any:
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table").enable("strikethrough")
    return parser, parser.render(card.split("\n---\n", 1)[1])


def test_hostile_names_stay_text(
    tmp_path: Path, root: Path, source: ObjectStore, load: Callable[..., Any]
) -> None:
    rows = [{HOSTILE: HOSTILE, "n": 1}]
    artifact = stored_artifact(root, "plot", {"a](x) b|`.png": PNG}, metadata={HOSTILE: HOSTILE})
    artifact = replace(artifact, record=replace(artifact.record, step=HOSTILE))
    made = distiset(
        {"default": rows},
        name=HOSTILE,
        artifacts=[artifact],
        steps=[step(HOSTILE, task_id=HOSTILE, class_name=HOSTILE, doc=HOSTILE, parameters={HOSTILE: HOSTILE})],
        origin=Origin(HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}),
    )
    for _ in range(2):
        made.save(str(tmp_path / "out"), source=source)
    card = (tmp_path / "out/README.md").read_text()
    body = card.split("\n---\n", 1)[1]
    assert re.findall(r"<!-- airflow-artifacts:(\w+ \w+) -->", body) == [
        f"{edge} {name}"
        for name in ("summary", "structure", "steps", "artifacts", "reproduction")
        for edge in ("begin", "end")
    ]
    _, html = parse(card)
    bare = re.sub(r"<!--.*?-->", "", html)
    assert "<script" not in bare
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', bare))
    assert set(re.findall(r"<(\w+)", bare)) == {
        *(
            "h1",
            "h2",
            "h3",
            "p",
            "code",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "pre",
            "ul",
            "li",
            "a",
            "img",
        ),
    }
    assert len(re.findall(r"<h1>", bare)) == 1
    assert len(re.findall(r"<img", bare)) == 1
    for table in re.findall(r"<table>.*?</table>", bare, re.DOTALL):
        lines = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        assert len({len(re.findall(r"<t[hd]", line)) for line in lines}) == 1
    assert list(load(tmp_path / "out")["train"]) == rows


def test_links_and_images_resolve(tmp_path: Path, root: Path, source: ObjectStore) -> None:
    artifacts = [
        stored_artifact(root, "plots/length", {"ä (1)#.PNG": PNG, "data.csv": b"x" * 1500}, metadata={"bins": 10}),
        stored_artifact(root, "text", {"a.txt": b""}),
    ]
    distiset({"default": numbered(3)}, artifacts=artifacts).save(str(tmp_path / "out"), source=source)
    card = (tmp_path / "out/README.md").read_text()
    _, html = parse(card)
    links = re.findall(r'href="([^"]*)"', html)
    images = re.findall(r'<img src="([^"]*)" alt="([^"]*)"', html)
    assert len(links) == 3
    assert [alt for _, alt in images] == ["plots/length: ä (1)#.PNG, made by count"]
    for link in [*links, *(image for image, _ in images)]:
        assert (tmp_path / "out" / unquote(link)).is_file()
    assert "(1.5 kB)" in card
    assert '`{"bins": 10}`' in card
    assert "and 2 artifacts (" in card


def test_the_snippet_runs(
    tmp_path: Path, source: ObjectStore, load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    distiset({"one": numbered(3), "two": numbered(4)}).save(str(tmp_path / 'o"ut'), source=source)
    card = (tmp_path / 'o"ut/README.md').read_text()
    monkeypatch.setattr(datasets, "load_dataset", load)
    snippets = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    lengths = []
    for snippet in snippets:
        scope: dict[str, Any] = {}
        exec(snippet, scope)  # noqa: S102 - it is what the card tells people to do
        lengths.append(len(scope["subset"]["train"]))
    assert lengths == [3, 4]


def test_yaml_is_what_the_hub_expects(tmp_path: Path, source: ObjectStore) -> None:
    distiset({"b": numbered(900), "a": numbered(200)}).save(str(tmp_path / "out"), source=source, train_size=0.5)
    front = yaml.safe_load((tmp_path / "out/README.md").read_text().split("---\n")[1])
    assert front["configs"][0] == {
        "config_name": "b",
        "data_files": [{"split": "train", "path": "b/train-*"}, {"split": "test", "path": "b/test-*"}],
    }
    info = front["dataset_info"][1]
    assert list(info) == ["config_name", "features", "splits", "download_size", "dataset_size"]
    assert [split["num_examples"] for split in info["splits"]] == [100, 100]
    assert info["dataset_size"] == sum(split["num_bytes"] for split in info["splits"])
    assert info["download_size"] == sum(path.stat().st_size for path in (tmp_path / "out/a").iterdir())
    assert front["size_categories"] == ["1K<n<10K"]


def test_a_subset_called_default_has_no_name_in_the_yaml(tmp_path: Path, source: ObjectStore) -> None:
    distiset({"default": numbered(2)}, origin=None).save(str(tmp_path / "out"), source=source)
    card = (tmp_path / "out/README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert list(front["dataset_info"]) == ["features", "splits", "download_size", "dataset_size"]
    assert front["configs"][0]["config_name"] == "default"
    assert "It is not recorded what made this distiset." in card
    assert "No artifacts were saved." in card
    assert "No steps are recorded." in card


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (1, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (9999, "1K<n<10K"), (10_000, "10K<n<100K"),
        (100_000, "100K<n<1M"), (10**6, "1M<n<10M"), (10**9 - 1, "100M<n<1B"), (10**9, "1B<n<10B"),
        (10**12 - 1, "100B<n<1T"), (10**12, "n>1T"), (10**15, "n>1T"),
    ],
)  # fmt: skip
def test_size_categories(rows: int, category: str) -> None:
    assert size_category(rows) == category


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (5 * 10**9, "5.0 GB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert markdown.size(number) == text


def test_long_values_are_cut() -> None:
    shown = markdown.json_block(
        {
            "t": "x" * 1000,
            "e": np.arange(768),
            "b": b"\0" * 99,
            "f": float("nan"),
            "s": {"b", "a"},
            "n": None,
            "p": 1.5,
        }
    )
    value = json.loads(shown)
    assert value["t"] == "x" * 300 + "..."
    assert value["e"] == [*range(8), "... 760 more"]
    assert value["b"].endswith("(99 bytes, base64)")
    assert value["f"] == "nan"
    assert value["s"] == ["a", "b"]
    assert (value["n"], value["p"]) == (None, 1.5)
    assert len(markdown.json_line(["x" * 1000])) == 303
