"""Arguments of a function: the values of the artifacts that refs among them stand for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, overload

from typing_extensions import is_protocol, is_typeddict

from airflow_artifacts.artifacts import is_ref

# Classes in these modules say what a value is like, and not into what it is to be loaded.
_GENERAL = frozenset(
    {"builtins", "collections", "collections.abc", "typing", "typing_extensions", "numbers", "types"}
)

Load = Callable[[dict[str, Any], "type | None"], Any]
"""Gives the value for a ref and a class, or no class."""


def load_arguments(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], load: Load
) -> tuple[list[Any], dict[str, Any]]:
    """Load the artifacts whose refs are among arguments, also those inside of lists, tuples and dictionaries.

    Airflow's own sequences, such as that of the outputs of a mapped task, get an item when it is asked for, and it
    is loaded then, so that not all of them have to be in memory.

    Args:
        function: The function; its annotations, as far as they are classes, say into what is loaded.
        args: Positional arguments.
        kwargs: Arguments by name.
        load: Loads one.
    """
    parameters = inspect.signature(function, follow_wrapped=True).parameters
    extra = {parameter.kind: name for name, parameter in parameters.items()}
    rest = extra.get(inspect.Parameter.VAR_POSITIONAL, "")
    others = extra.get(inspect.Parameter.VAR_KEYWORD, "")
    places = [name for name, parameter in parameters.items() if parameter.kind in _POSITIONAL]
    places += [rest] * (len(args) - len(places))
    hints = function.__annotations__
    return (
        [_loaded(value, hints.get(name), load) for name, value in zip(places, args, strict=False)],
        {
            name: _loaded(value, hints.get(name if name in parameters else others), load)
            for name, value in kwargs.items()
        },
    )


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class LoadedSequence(Sequence[Any]):
    """A sequence whose items are loaded when they are asked for, each time anew."""

    def __init__(self, items: Sequence[Any], hint: Any, load: Load) -> None:
        self._items = items
        self._hint = hint
        self._load = load

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        found = self._items[index]
        if isinstance(index, slice):
            return LoadedSequence(found, self._hint, self._load)
        return _loaded(found, _item_hint(self._hint, index), self._load)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} items>"


def _loaded(value: Any, hint: Any, load: Load) -> Any:
    if is_ref(value):
        return load(value, _as_type(hint))
    if isinstance(value, dict):
        return {key: _loaded(item, _item_hint(hint, key), load) for key, item in value.items()}
    if type(value) in {list, tuple}:
        items = [_loaded(item, _item_hint(hint, index), load) for index, item in enumerate(value)]
        return type(value)(items)
    if isinstance(value, Sequence) and type(value).__module__.startswith("airflow."):
        return LoadedSequence(value, hint, load)
    return value


def _plain(hint: Any) -> Any:
    """Take the type out of ``Annotated[type, ...]`` and ``type | None``."""
    if get_origin(hint) is Annotated:
        return _plain(get_args(hint)[0])
    if get_origin(hint) in {Union, UnionType}:
        choices = [choice for choice in get_args(hint) if choice is not type(None)]
        return _plain(choices[0]) if len(choices) == 1 else None
    return hint


def _as_type(hint: Any) -> type | None:
    hint = _plain(hint)
    if not isinstance(hint, type) or get_origin(hint) is not None or hint.__module__ in _GENERAL:
        return None
    return None if is_typeddict(hint) or is_protocol(hint) else hint


def _item_hint(hint: Any, key: Any) -> Any:
    """Give the annotation of an item, where that of its container says it."""
    hint = _plain(hint)
    items = get_args(hint)
    kind = get_origin(hint)
    if kind is tuple and Ellipsis not in items:
        return items[key] if isinstance(key, int) and -len(items) <= key < len(items) else None
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return items[1]
    return items[0] if isinstance(kind, type) and items else None
