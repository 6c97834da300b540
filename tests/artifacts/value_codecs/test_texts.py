"""JSON values, YAML, texts and bytes come back exactly, or are refused."""

from __future__ import annotations

import collections
import enum
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from airflow_artifacts.artifacts.value_codecs import check_encodable, decode, encode
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError
from tests.artifacts.value_codecs.contract import Case, CodecContract, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable


class Color(enum.Enum):
    RED = "red"


class Word(str, enum.Enum):
    YES = "yes"


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Pair(NamedTuple):
    a: int
    b: int


class Model(BaseModel):
    x: int = 1


@dataclass
class Point:
    x: int = 1


class Liar(dict[str, Any]):
    """Shows something else the second time."""

    looks = 0

    def items(self) -> Any:
        self.looks += 1
        return [("a", 1 if self.looks == 1 else object())]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def recursive() -> Any:
    value: dict[str, Any] = {}
    value["again"] = [value]
    return value


def strict(value: Any) -> Any:
    """Give a value in a form that tells 1, 1.0 and True apart, and the order of keys."""
    if isinstance(value, dict):
        return [(key, strict(item)) for key, item in value.items()]
    return [strict(item) for item in value] if isinstance(value, list) else (type(value), repr(value))


REFUSED: dict[str, Refusal] = {
    "NaN": Refusal(lambda: {"loss": [1.0, 2.0, float("nan")]}, r"\$\.loss\[2\] is nan.*None"),
    "infinity": Refusal(lambda: [float("-inf")], r"\$\[0\] is -inf"),
    "bytes": Refusal(lambda: {"a b": b"x"}, r"\$\['a b'\] is a value of the type bytes"),
    "date": Refusal(lambda: [date(2020, 1, 1)], r"isoformat"),
    "set": Refusal(lambda: [{1}], "type set"),
    "NumPy scalar": Refusal(lambda: {"a": np.float64(1)}, r"numpy\.float64.*tolist"),
    "NumPy array": Refusal(lambda: [np.zeros(1)], r"numpy\.ndarray.*tolist"),
    "int key": Refusal(lambda: {"a": {1: 2}}, r"a key in \$\.a is .* int.*str\(key\)"),
    "None as key": Refusal(lambda: {None: 2}, "NoneType"),
    "key of a subclass": Refusal(lambda: {Text("a"): 2}, "Text"),
    "surrogate": Refusal(lambda: {"a": ["x\ud800"]}, r"\$\.a\[0\] holds half of a character.*position 1"),
    "surrogate in a key": Refusal(lambda: {"\udfff": 1}, r"a key in \$ holds half"),
    "enum": Refusal(lambda: [Color.RED], r"\.value"),
    "text enum": Refusal(lambda: [Word.YES], r"\.value"),
    "subclass of str": Refusal(lambda: [Text("a")], "Text"),
    "subclass of int": Refusal(lambda: [Number(1)], "Number"),
    "named tuple": Refusal(lambda: [Pair(1, 2)], "_asdict"),
    "model": Refusal(lambda: [Model()], "model_dump"),
    "dataclass": Refusal(lambda: [Point()], "asdict"),
    "secret": Refusal(lambda: {"token": SecretStr("do not show")}, r"\$\.token .*SecretStr.*not stored"),
    "object": Refusal(lambda: [object()], "type object"),
    "too deep": Refusal(lambda: nested(102), "100 deep"),
    "far too deep": Refusal(lambda: nested(100_000), "100 deep"),
    "recursive": Refusal(recursive, "100 deep"),
    "too many digits": Refusal(lambda: [10**4400], "4300 digits"),
    "two faces": Refusal(lambda: Liar(a=1), "plain lists", late=True),
}
CASES: dict[str, Case] = {
    "dict": Case(lambda: {"b": 1, "a": [None, True, 1.5, "x"], "": {}}, {"length": 3}),
    "list": Case(lambda: [[], {}, ""], {"length": 3}),
    "empty": Case(dict, {"length": 0}),
    "None": Case(lambda: None),
    "true": Case(lambda: True),
    "int": Case(lambda: -(10**400)),
    "as many digits as Python reads": Case(lambda: 10**4299),
    "float": Case(lambda: 0.1),
    "negative zero": Case(lambda: -0.0),
    "tiny": Case(lambda: 5e-324),
    "Unicode": Case(lambda: ["日本 é e\u0301 \U0001f600 \x00 \x7f \x85 \u2028 \ufeff \r\n"]),
    "ends of lines": Case(lambda: ["a\x85b", "\u2028", "\u2029", "\r", " \n "]),
    "looks like something else": Case(
        lambda: ["1e3", "yes", "2020-01-01", "~", "0x1", "1_000", "=", "<<", " a: b "]
    ),
    "keys that look so": Case(lambda: {"1": 1, "null": 2, "true": 3, "<<": {"a": 1}, "=": 5}),
    "deep": Case(lambda: nested(60)),
    "tuple": Case(lambda: (1, (2, 3)), {"length": 2}, lambda: [1, [2, 3]]),
    "ordered": Case(lambda: collections.OrderedDict(b=1, a=2), {"length": 2}, lambda: {"b": 1, "a": 2}),
    "counter": Case(lambda: collections.Counter("aab"), {"length": 2}, lambda: {"a": 2, "b": 1}),
    "the same list twice": Case(lambda: [[1]] * 2, back=lambda: [[1], [1]]),
}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class TestJson(CodecContract):
    codec = kind = "json"
    suffix, media_type = ".json", "application/json"
    cases = {**CASES, "as deep as it goes": Case(lambda: nested(100))}
    refusals = REFUSED
    damages = {"cut": b'{"a": 1', "empty": b"", "NaN": b'{"a": NaN}', "Latin": b'"\xe9"', "deep": b"[" * 100_000}
    as_types = [dict]

    def is_same(self, found: Any, value: Any) -> bool:
        return bool(strict(found) == strict(value))


class TestYaml(CodecContract):
    codec = kind = given_kind = "yaml"
    suffix, media_type = ".yaml", "application/yaml"
    cases = CASES
    refusals = {name: case for name, case in REFUSED.items() if name != "two faces"}
    damages = {"cut": b'{"a": 1', "object": b"!!python/object/apply:os.system [ls]", "Latin": b"\xe9"}
    as_types = [dict]

    def is_same(self, found: Any, value: Any) -> bool:
        return bool(strict(found) == strict(value))


@given(JSON_VALUES)
@settings(max_examples=200, deadline=None)
def test_any_json_value_comes_back(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        encoded = encode("a", value, Path(folder))
        assert strict(decode(encoded.codec, Path(folder), name="a")) == strict(value)


@given(JSON_VALUES)
@settings(max_examples=100, deadline=None)
def test_yaml_comes_back_or_is_refused(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            encode("a", value, Path(folder), kind="yaml")
        except ArtifactError as error:
            assert "JSON" in str(error)  # noqa: PT017 - PyYAML writes a few characters wrongly
        else:
            assert strict(decode("yaml", Path(folder), name="a")) == strict(value)


def test_yaml_has_no_references(tmp_path: Path) -> None:
    shared = [1, 2]
    encode("n", {"a": shared, "b": shared}, tmp_path, kind="yaml")
    assert (tmp_path / "n.yaml").read_text() == "a:\n- 1\n- 2\nb:\n- 1\n- 2\n"


def test_yaml_is_refused_rather_than_too_deep_for_the_stack(tmp_path: Path) -> None:
    def save(frames: int) -> Any:
        return encode("n", nested(100), tmp_path, kind="yaml") if frames == 0 else save(frames - 1)

    with pytest.raises(ArtifactError, match=r"cannot be written as YAML.*recursion.*JSON"):
        save(sys.getrecursionlimit() - 300)
    assert list(tmp_path.iterdir()) == []


def test_what_is_accepted_can_be_read_from_a_deep_stack(tmp_path: Path) -> None:
    encode("a", nested(100), tmp_path)

    def load(frames: int) -> Any:
        return decode("json", tmp_path, name="a") if frames == 0 else load(frames - 1)

    assert load(sys.getrecursionlimit() // 2) == nested(100)


LINES = "one\r\ntwo\rthree\n\n\x0b\x0c\x1c\x85\u2028 end \t\x00\ufeff"


class TestText(CodecContract):
    codec = kind = "text"
    suffix, media_type = ".txt", "text/plain"
    cases = {
        "lines": Case(lambda: LINES, {"length": len(LINES)}),
        "empty": Case(str, {"length": 0}),
        "mark of byte order": Case(lambda: "\ufeffa"),
    }
    refusals = {
        "surrogate": Refusal(lambda: "ab\ud800", "position 2"),
        "subclass": Refusal(lambda: Text("a"), r"Text.*str\(value\)"),
        "enum": Refusal(lambda: Word.YES, "Word"),
    }
    damages = {"Latin": b"\xe9"}
    as_types = [str]


class TestMarkdown(TestText):
    codec = kind = given_kind = "markdown"
    suffix, media_type = ".md", "text/markdown"


class TestHtml(TestText):
    codec = kind = given_kind = "html"
    suffix, media_type = ".html", "text/html"


class TestCsv(TestText):
    codec = kind = given_kind = "csv"
    suffix, media_type = ".csv", "text/csv"


class TestJsonText(CodecContract):
    codec = kind = given_kind = "json"
    suffix, media_type = ".json", "application/json"
    cases = {"text": Case(lambda: LINES, {"length": len(LINES)})}


class TestBytes(CodecContract):
    codec = kind = "bytes"
    suffix, media_type = ".bin", "application/octet-stream"
    cases = {
        "bytes": Case(lambda: bytes(range(256)), {"length": 256}),
        "empty": Case(bytes, {"length": 0}),
        "bytearray": Case(lambda: bytearray(b"ab"), {"length": 2}, lambda: b"ab"),
        "view": Case(lambda: memoryview(b"abcd")[::2], {"length": 2}, lambda: b"ac"),
        "view of numbers": Case(lambda: memoryview(b"abcd").cast("H"), {"length": 4}, lambda: b"abcd"),
    }
    as_types = [bytes, bytearray]


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("markdown", lambda: {"a": 1}),
        ("csv", lambda: np.zeros(2)),
        ("text", lambda: b"a"),
        ("bytes", lambda: "a"),
        ("table", lambda: {"a": [1]}),
        ("no such kind", lambda: "a"),
    ],
)
def test_a_kind_that_does_not_fit_names_both(kind: str, make: Callable[[], Any], tmp_path: Path) -> None:
    for refuse in (
        lambda: check_encodable("n", make(), kind=kind),
        lambda: encode("n", make(), tmp_path, kind=kind),
    ):
        with pytest.raises(
            ArtifactError, match=f"'{kind}' does not fit a value of the type .*{type(make()).__name__}"
        ):
            refuse()
    assert list(tmp_path.iterdir()) == []


def test_the_kind_of_a_value_may_be_given(tmp_path: Path) -> None:
    assert encode("n", np.zeros(2), tmp_path, kind="array").codec == "numpy"


def test_json_is_loaded_into_a_class(tmp_path: Path) -> None:
    encode("n", {"x": 5}, tmp_path)
    assert decode("json", tmp_path, name="n", as_type=Model) == Model(x=5)
    assert decode("json", tmp_path, name="n", as_type=Point) == Point(5)
    encode("n", {"x": "do not show"}, tmp_path)
    with pytest.raises(ArtifactLoadError, match=r"\$\.x: Input should be a valid integer") as caught:
        decode("json", tmp_path, name="n", as_type=Model)
    assert "do not show" not in str(caught.value)
