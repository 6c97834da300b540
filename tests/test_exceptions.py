"""The tree of errors is the one that is drawn, and each error is a sentence that survives a pickle."""

from __future__ import annotations

import builtins
import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from airflow_artifacts import exceptions
from airflow_artifacts.exceptions import ArtifactsError

CLASSES = [
    kind
    for _, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == exceptions.__name__
]
FACTS: dict[str, Any] = {
    "option": "root",
    "problem": "is 5, but has to be a path.",
    "module": "faiss",
    "extra": "faiss",
    "purpose": "Searching",
    "action": "read",
    "url": "s3://bucket/key",
    "cause": "the network is down.",
    "what": "path",
    "name": "../a",
    "expected": "rows",
    "value": {"format": "x"},
    "column": "text",
    "row": 3,
    "zone": "Mars/Olympus",
    "step": "embed",
    "kind": "input",
    "declared": ["a", "b"],
    "upstreams": ["load"],
    "available": ["c"],
    "path": "/data/a.jsonl",
    "subset": "default",
    "seen": {"int": 0, "str": 5},
    "license": "x",
    "found": complex,
    "label": "v1",
    "number": 3,
    "asked": "version 7 of the artifact 'a'",
    "existing": "It has the versions 1 to 3.",
    "uri": "artifact://a?b",
    "seconds": 55.0,
    "changes": {"a": ("int64", "string")},
}


def drawn() -> list[tuple[str, str, str | None]]:
    """Read the drawing: each class with its parent and the builtin in parentheses."""
    found: list[tuple[str, str, str | None]] = []
    above: dict[int, str] = {}
    assert exceptions.__doc__
    for line in exceptions.__doc__.splitlines():
        match = re.match(r"    ([│├└─ ]*)(\w+Error)\b(?: \((\w+)\))?", line)
        if match:
            depth = len(match[1]) // 4
            above[depth] = match[2]
            found.append((match[2], above[depth - 1] if depth else "Exception", match[3]))
    return found


def make(kind: type[ArtifactsError]) -> ArtifactsError:
    names = [
        parameter.name
        for parameter in inspect.signature(kind.__init__).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
    ][1:]
    if kind.__init__ is Exception.__init__ or not names:
        return kind("Something went wrong.")
    return kind(**{name: FACTS[name] for name in names})


def test_the_tree_that_is_drawn_is_the_real_one() -> None:
    tree = drawn()
    assert sorted(name for name, _, _ in tree) == sorted(kind.__name__ for kind in CLASSES)
    for name, parent, builtin in tree:
        kind = getattr(exceptions, name)
        bases = [base.__name__ for base in kind.__bases__]
        assert bases == [parent, builtin][: 1 + bool(builtin)], name
        if builtin:
            assert issubclass(kind, getattr(builtins, builtin))


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_is_a_sentence(kind: type[ArtifactsError]) -> None:
    text = str(make(kind))
    assert re.search(r"[.?!']$|\]'$", text) or isinstance(make(kind), exceptions.MissingExtraError), text
    assert "None" not in text
    assert len(text) < 600
    assert kind.__doc__


@pytest.mark.parametrize("kind", CLASSES)
def test_each_class_says_whether_a_retry_can_help(kind: type[ArtifactsError]) -> None:
    assert isinstance(kind.retryable, bool)
    assert "retryable" in (exceptions.__doc__ or "")
    assert "retryable" in (ArtifactsError.__doc__ or "")
    if kind.retryable:
        assert "again" in (kind.__doc__ or ""), "the docstring says that a retry can help"


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_survives_a_pickle_and_a_copy(kind: type[ArtifactsError]) -> None:
    error = make(kind)
    pickled = pickle.loads(pickle.dumps(error))  # noqa: S301
    for found in (pickled, copy.copy(error), copy.deepcopy(error)):
        assert type(found) is kind
        assert str(found) == str(error)
        assert vars(found) == vars(error)
        assert found.args == error.args


def test_a_long_value_is_cut() -> None:
    assert len(str(exceptions.InvalidRefError("rows", "x" * 10_000, "it is a text."))) < 400
    names = str(exceptions.MissingColumnError("s", "c", ["u"], map(str, range(100))))
    assert "and 88 more" in names
    assert "'99'" not in names


def test_a_row_without_a_column() -> None:
    assert str(exceptions.UnsupportedValueError(None, 3, "it is a list.")).startswith("Row 3 cannot")
