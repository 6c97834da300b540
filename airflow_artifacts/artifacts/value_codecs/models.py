"""Pydantic models and dataclass instances as JSON; read back into the class that the reader names."""

# ruff: noqa: D102 - the methods of codecs are documented in BuiltinCodec

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Encoded, loaded, type_name
from airflow_artifacts.artifacts.value_codecs.file_names import file_path, only_file
from airflow_artifacts.artifacts.value_codecs.plain import check_json, parse_json
from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ModelCodec(BuiltinCodec):
    """A pydantic model: its fields by name, without what it computes or excludes."""

    name = "pydantic"
    kind = "model"

    def types(self) -> tuple[type, ...]:
        return loaded("pydantic.main", "BaseModel")

    def check(self, name: str, value: Any) -> None:
        for where in _find_secrets(value, "$", set()):
            raise ArtifactError(
                name,
                f"{where} is a secret, and secrets are not stored. Leave it out, with Field(exclude=True) say.",
            )

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        self.check(name, value)
        path = file_path(name, folder, ".json")
        path.write_bytes(_dump(name, value))
        return Encoded(self.name, self.kind, "application/json", {"class": type_name(type(value))})

    def decode(self, folder: Path, as_type: type | None) -> Any:
        return load_as(parse_json(only_file(folder).read_bytes()), as_type)


class DataclassCodec(ModelCodec):
    """An instance of a dataclass: its fields."""

    name = "dataclass"

    def types(self) -> tuple[type, ...]:
        return ()

    def matches(self, value: Any) -> bool:
        return _is_dataclass(type(value))


def load_as(value: Any, as_type: type | None) -> Any:
    """Read JSON values into a pydantic model or a dataclass, if such a class is asked for.

    Raises:
        ValueError: The class does not take the values; the message does not show them.
    """
    if as_type is None or not (_is_dataclass(as_type) or _is_model(as_type)):
        return value
    from pydantic import ValidationError

    try:
        return _validate(as_type, value)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        shown = "; ".join(f"{_path(problem['loc'])}: {problem['msg']}" for problem in problems[:5])
        raise ValueError(f"{type_name(as_type)} does not take it ({shown})") from None


def _validate(kind: type, value: Any) -> Any:
    import json

    from pydantic import TypeAdapter

    # As JSON, so that texts become dates, lists tuples and so on even where the class is strict.
    return TypeAdapter(kind).validate_json(json.dumps(value), by_alias=True, by_name=True)


def _dump(name: str, value: Any) -> bytes:
    """Write a model or a dataclass, and make sure that its class takes it back unchanged."""
    from pydantic import PydanticUserError, TypeAdapter, ValidationError

    kind = type(value)
    options: dict[str, Any] = {"by_alias": False, "round_trip": True, "warnings": False}
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        data = adapter.dump_json(value, **options)
        content = parse_json(data)
        check_json(name, content)
        found = _validate(kind, content)
        # As what each value is, not as what its field says: a subclass has fields that were not written.
        dumped = [adapter.dump_python(item, serialize_as_any=True, **options) for item in (found, value)]
        same = dumped[0] == dumped[1]
    except ValidationError as error:
        where = "; ".join(f"{_path(problem['loc'])}: {problem['msg']}" for problem in error.errors()[:5])
        raise ArtifactError(
            name, f"{type_name(kind)} would not take back what JSON holds of it: {where}."
        ) from None
    except (PydanticUserError, ValueError, TypeError, RecursionError, NameError) as error:
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError(
            name, f"{type_name(kind)} cannot be written as JSON: {error}. Save a dictionary of plain values."
        ) from error
    if not bool(same):
        raise ArtifactError(
            name,
            f"a {type_name(kind)} would come back changed from JSON: it holds NaN or infinity, a subclass of a "
            "field's type, or values that its class writes in another form. Save a dictionary of plain values.",
        )
    return data


def _find_secrets(value: Any, where: str, seen: set[int]) -> Iterator[str]:
    """Yield where secrets are in a value, whatever its class would write of them."""
    if hasattr(value, "get_secret_value"):
        yield where
        return
    if id(value) in seen or isinstance(value, str | bytes | int | float | None):
        return
    seen.add(id(value))
    for step, item in _items(value):
        yield from _find_secrets(item, f"{where}{step}", seen)


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if _is_model(type(value)):
        excluded = {name for name, field in type(value).model_fields.items() if field.exclude}
        fields = {**vars(value), **(value.__pydantic_extra__ or {})}
        yield from ((f".{name}", item) for name, item in fields.items() if name not in excluded)
    elif _is_dataclass(type(value)):
        for field in dataclasses.fields(value):
            yield f".{field.name}", getattr(value, field.name, None)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield "[a key]", key
            yield f"[{key!r}]" if isinstance(key, str) else "[...]", item
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))


def _path(steps: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in ("$", *steps)).removeprefix(
        "."
    )


def _is_model(kind: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, loaded("pydantic.main", "BaseModel"))


def _is_dataclass(kind: type) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)
