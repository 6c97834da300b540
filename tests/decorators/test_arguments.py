from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence  # noqa: F401 - used in annotations that are texts
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
from typing_extensions import TypedDict

from airflow_artifacts.artifacts.records import REF_FORMAT
from airflow_artifacts.decorators.annotations import find_names, typed
from airflow_artifacts.decorators.arguments import load_arguments


@dataclass
class Model:
    n: int


class Keys(TypedDict):
    n: int


class HasN(Protocol):
    n: int


REF = {"format": REF_FORMAT, "name": "a"}


def loaded(function: Any, *args: Any, **kwargs: Any) -> tuple[list[Any], dict[str, Any]]:
    """Load arguments, each as the class that is asked for."""
    return load_arguments(typed(function, find_names(function)), args, kwargs, lambda _, as_type: as_type)


@pytest.mark.parametrize(
    ("annotation", "as_type"),
    [
        ("Model", Model),
        ("Model | None", Model),
        ("Annotated[Model, 5]", Model),
        ("Model | Keys", None),
        ("dict", None),
        ("list[Model]", None),
        ("Mapping[str, Any]", None),
        ("Any", None),
        ("Keys", None),
        ("HasN", None),
        ("NotImported", None),
        ("5", None),
    ],
)
def test_classes_of_parameters(annotation: str, as_type: type | None) -> None:
    def function(value: Any) -> None: ...

    function.__annotations__["value"] = annotation
    assert loaded(function, REF) == ([as_type], {})
    assert loaded(function, value=REF) == ([], {"value": as_type})


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        ("list[Model]", [REF, 1], [Model, 1]),
        ("tuple[Model, ...]", (REF, REF), (Model, Model)),
        ("tuple[int, Model]", (REF, REF, REF), (None, Model, None)),
        ("dict[str, Model]", {"a": REF, "b": "text"}, {"a": Model, "b": "text"}),
        ("dict[str, list[Model | None]]", {"a": [REF]}, {"a": [Model]}),
        ("Annotated[Sequence[Model], 5]", [REF], [Model]),
        ("Model", [[REF]], [[None]]),
        ("list", [REF], [None]),
    ],
)
def test_classes_of_items(annotation: str, value: Any, result: Any) -> None:
    def function(value: Any) -> None: ...

    function.__annotations__["value"] = annotation
    assert loaded(function, value) == ([result], {})


def test_places_of_arguments() -> None:
    def function(first: Model, /, second: Any, *rest: Model, third: Model, **others: Model) -> None: ...

    args, kwargs = loaded(function, REF, REF, REF, REF, third=REF, fourth=REF)
    assert args == [Model, None, Model, Model]
    assert kwargs == {"third": Model, "fourth": Model}


def test_other_values_are_left_alone() -> None:
    def function(*values: Any) -> None: ...

    values = ["text", b"bytes", 1, None, Model(1), range(3), deque([1]), {"format": "other"}, {1, 2}]
    args, _ = loaded(function, *values)
    assert args == values


class Lazy(Sequence[Any]):
    """Like Airflow's of the outputs of a mapped task."""

    __module__ = "airflow.sdk"

    def __init__(self, length: int) -> None:
        self.length = length
        self.asked: list[Any] = []

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        self.asked.append(index)
        if isinstance(index, slice):
            return [REF] * len(range(self.length)[index])
        if not -self.length <= index < self.length:
            raise IndexError(index)
        return REF


def test_items_of_lazy_sequences_are_loaded_when_they_are_asked_for() -> None:
    def function(values: Sequence[Model]) -> None: ...

    lazy = Lazy(3)
    ((values,), _) = loaded(function, lazy)
    assert lazy.asked == []
    assert (len(values), values[1], values[-1], lazy.asked) == (3, Model, Model, [1, -1])
    assert list(values) == [Model] * 3
    assert list(values[1:]) == [Model] * 2
    assert repr(values) == "<LoadedSequence of 3 items>"
