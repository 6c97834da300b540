"""README.md: what a person wrote stays, whatever is put beside it."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from airflow_artifacts.exceptions import DistisetError
from airflow_artifacts.hub import Readme, config_files, merge_entries, merge_tags
from airflow_artifacts.hub.readme import section_names


def section(name: str, text: str) -> str:
    return f"<!-- airflow-artifacts:begin {name} -->{text}<!-- airflow-artifacts:end {name} -->"


@pytest.mark.parametrize(
    ("text", "content", "body"),
    [
        ("", {}, ""),
        ("# Text\n", {}, "# Text\n"),
        ("---\n---\n", {}, ""),
        ("---\na: 1\n---\nText", {"a": 1}, "Text"),
        ("---\na: 1\n---", {"a": 1}, ""),
        ("\ufeff---\r\na: 1\r\n--- \r\nText\r\n", {"a": 1}, "Text\r\n"),
        ("---\na: |\n  x\n  ---y\n---\nText\n---\n", {"a": "x\n---y\n"}, "Text\n---\n"),
        ("Text\n---\na: 1\n---\n", {}, "Text\n---\na: 1\n---\n"),
        ("---\nlanguage: no\non: yes\nb: true\nd: 2026-01-02\n---\n",
         {"language": "no", "on": "yes", "b": True, "d": "2026-01-02"}, ""),
    ],
)  # fmt: skip
def test_parts(text: str, content: dict[str, Any], body: str) -> None:
    readme = Readme.parse(text)
    assert (readme.yaml, readme.body) == (content, body)
    again = Readme.parse(readme.render())
    assert (again.yaml, again.body.strip()) == (content, body.strip())
    assert again.render() == readme.render()


@pytest.mark.parametrize("text", ["---\n[\n---\n", "---\n- a\n---\n", "---\ntext\n---\n", "---\na: *b\n---\n",
                                  "---\na: !!int x\n---\n", "---\na: !!int ''\n---\n", "---\na: !!bool x\n---\n",
                                  "---\na: !!float x\n---\n"])  # fmt: skip
def test_yaml_that_cannot_be_read(text: str) -> None:
    with pytest.raises(DistisetError, match="YAML at the top"):
        Readme.parse(text)


def test_yaml_that_is_too_much() -> None:
    with pytest.raises(DistisetError, match=r"\*a is an alias: write its value"):
        Readme.parse("---\na: &a [x]\nb: [*a, *a]\n---\n")
    for deep in ("[" * 5000, "".join("  " * depth + "a:\n" for depth in range(60))):
        with pytest.raises(DistisetError, match="more than 50 levels"):
            Readme.parse(f"---\n{deep}\n---\n")
    fine = Readme.parse(f"---\na: {'[' * 50}{']' * 50}\n---\n")
    assert Readme.parse(fine.render()).yaml == fine.yaml


@pytest.mark.parametrize(
    "value",
    ["01234", "12:30:45", "1_000", "2024-13-45", "2026-01-02", "2026-01-02 10:00:00", "no", "on", "0b1", "=",
     "1:2.5", "1_0.5", "!!timestamp 2026-01-02"],
)  # fmt: skip
def test_what_a_person_means_as_text_stays(value: str) -> None:
    readme = Readme.parse(f"---\nx: {value}\n---\n")
    assert readme.yaml == {"x": value.removeprefix("!!timestamp ")}
    assert yaml.safe_load(readme.render().split("---\n")[1]) == readme.yaml, "readers of YAML 1.1 see the same"
    assert Readme.parse(readme.render()).yaml == readme.yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-12", -12), ("0x1F", 31), ("0o17", 15), ("1.10", 1.1), ("1e3", 1000.0), ("-.5", -0.5),
     (".inf", math.inf), ("1e30", 1e30), ("1e-9", 1e-9), ("TRUE", True), ("~", None), ("", None), ("null", None)],
)  # fmt: skip
def test_numbers_and_the_like(text: str, value: object) -> None:
    readme = Readme.parse(f"---\nx: {text}\n---\n")
    assert readme.yaml == {"x": value}
    assert type(readme.yaml["x"]) is type(value)
    assert yaml.safe_load(readme.render().split("---\n")[1]) == readme.yaml
    assert Readme.parse(readme.render()).yaml == readme.yaml


@given(st.from_regex(r"[-+]?[0-9._:eExXobTZ+-]{1,12}|[a-zA-Z~=<]{1,5}", fullmatch=True))
def test_a_text_is_the_same_text_for_all_readers(text: str) -> None:
    written = Readme({"x": text, "y": [text]}, "").render()
    assert Readme.parse(written).yaml == {"x": text, "y": [text]}
    assert yaml.safe_load(written.split("---\n")[1]) == {"x": text, "y": [text]}


def test_yaml_runs_nothing() -> None:
    with pytest.raises(DistisetError):
        Readme.parse("---\na: !!python/object/apply:os.getcwd []\n---\n")


def test_sections_are_replaced_where_they_are() -> None:
    readme = Readme({}, f"before\n{section('a', 'old')}\nbetween\n{section('b', 'old')}\nafter\n")
    readme.replace_sections(section("b", "new b") + "dropped" + section("a", "new a"))
    assert readme.body == f"before\n{section('a', 'new a')}\nbetween\n{section('b', 'new b')}\nafter\n"


def test_sections_that_are_new_come_last() -> None:
    readme = Readme({}, "text\n\n")
    readme.replace_sections(section("a", "1") + section("b", "2"))
    assert readme.body == f"text\n\n{section('a', '1')}\n\n{section('b', '2')}\n"
    empty = Readme({}, "")
    empty.replace_sections(section("a", "1"))
    assert empty.body == f"{section('a', '1')}\n"


def test_sections_that_are_not_rendered_any_more() -> None:
    body = f"{section('a', '1')}x{section('b', '2')}y{section('c', '3')}z"
    readme = Readme({}, body)
    readme.replace_sections(section("c", "4"), drop=["a"])
    assert readme.body == f"x{section('b', '2')}y{section('c', '4')}z"


def test_a_section_that_is_there_twice_is_written_once() -> None:
    readme = Readme({}, f"{section('a', '1')}x{section('a', '2')}y")
    readme.replace_sections(section("a", "3"))
    assert readme.body == f"{section('a', '3')}xy"


def test_a_section_whose_end_was_deleted_takes_nothing_with_it() -> None:
    readme = Readme({}, f"<!-- airflow-artifacts:begin a -->\nmine\n{section('b', '1')}")
    readme.replace_sections(section("a", "2") + section("b", "3"))
    assert "mine" in readme.body
    assert section("b", "3") in readme.body
    assert section_names(readme.body) == {"a", "b"}


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@given(
    before=_TEXT,
    after=_TEXT,
    keys=st.dictionaries(
        st.sampled_from(["license", "language", "x", "on"]), st.one_of(_TEXT, st.integers(), st.booleans())
    ),
)
def test_what_a_person_wrote_stays(before: str, after: str, keys: dict[str, Any]) -> None:
    front = yaml.safe_dump(keys, allow_unicode=True)
    readme = Readme.parse(f"---\n{front}---\n# {before}\n{section('a', 'old')}\n{after}.\n")
    for text in ("1", "2", "2"):
        readme.replace_sections(section("a", text) + section("b", text), drop=["c"])
        readme = Readme.parse(readme.render())
    assert readme.yaml == keys
    assert readme.body.strip().startswith(f"# {before}\n{section('a', '2')}\n{after}.".strip())
    assert readme.body.count("airflow-artifacts:begin") == 2


_PIECES = [
    "---", "---\n", "\n", "\r\n", " ", "x: 1\n", "# Text\n", "\ufeff", "<!-- airflow-artifacts:begin ", "-->",
    "<!-- airflow-artifacts:begin a -->", "<!-- airflow-artifacts:end a -->",
    *(section(name, "old") for name in "abc"),
]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=8).map("".join))
def test_to_write_the_same_again_changes_nothing(text: str) -> None:
    """Else a push whose answer was lost would not find out that its commit was made."""
    written = [text]
    for _ in range(3):
        try:
            readme = Readme.parse(written[-1])
        except DistisetError:
            assert len(written) == 1
            return
        readme.replace_sections(section("a", "1") + section("b", "2"), drop=["c"])
        readme.yaml["tags"] = merge_tags(readme.yaml.get("tags"), ["t"])
        written.append(readme.render())
    assert written[1] == written[2] == written[3]
    assert section("a", "1") in written[1]
    assert section("b", "2") in written[1]


@pytest.mark.parametrize(
    ("existing", "names", "kept"),
    [
        (None, [], []),
        ([], [], []),
        ([{"config_name": "mine"}], ["a"], [{"config_name": "mine"}]),
        ([{"config_name": "a"}, {"config_name": "old"}], ["a", "old"], []),
        ({"features": []}, ["a"], [{"config_name": "default", "features": []}]),
        ({"features": []}, ["default"], []),
        ([None, "x", {}, 3], [], []),
    ],
)
def test_configurations(existing: Any, names: list[str], kept: list[Any]) -> None:
    ours = [{"config_name": "a", "new": True}]
    assert merge_entries(existing, ours, names) == [*ours, *kept]


def test_tags() -> None:
    assert merge_tags(None, ["a"]) == ["a"]
    assert merge_tags("mine", ["a"]) == ["mine", "a"]
    assert merge_tags(["b", "a"], ["a", "c"]) == ["b", "a", "c"]


@pytest.mark.parametrize(
    "files",
    [
        "a/train-*",
        ["a/train-*", "b/*"],
        [{"split": "train", "path": "a/train-*"}],
        [{"split": "train", "path": ["a/train-*"]}],
        {"train": "a/train-*"},
        {"train": ["a/train-*"], "test": []},
    ],
)
def test_the_files_of_a_configuration(files: Any) -> None:
    yaml = {"configs": [{"config_name": "x", "data_files": files}, {"data_files": "c"}, {"config_name": "none"}]}
    paths = ["c", "a/train-1", "a/train-0", "a/test-0"]
    assert list(config_files(yaml, paths)) == [("x", "a/train-0"), ("x", "a/train-1"), ("default", "c")]
    assert list(config_files({}, paths)) == []
