"""JSON values, YAML, texts and bytes."""

# ruff: noqa: D102 - the methods of codecs are documented in BuiltinCodec

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Encoded, type_name
from airflow_artifacts.artifacts.value_codecs.file_names import file_path, guess_media_type, only_file
from airflow_artifacts.artifacts.value_codecs.models import load_as
from airflow_artifacts.artifacts.value_codecs.plain import check_json, check_text, dump_json, parse_json
from airflow_artifacts.artifacts.value_codecs.yaml_text import dump_yaml, parse_yaml
from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

_JSON_TYPES = (dict, list, tuple, int, float, bool, type(None), str)


class JsonCodec(BuiltinCodec):
    """None, truth values, numbers, texts, and lists and dictionaries of them, as UTF-8 JSON.

    A text alone is of the kind text, unless the kind is given.
    """

    name = kind = "json"

    def types(self) -> tuple[type, ...]:
        return _JSON_TYPES

    def check(self, name: str, value: Any) -> None:
        check_json(name, value)

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        file_path(name, folder, ".json").write_bytes(dump_json(name, value))
        return Encoded(self.name, self.kind, "application/json", json_facts(value))

    def decode(self, folder: Path, as_type: type | None) -> Any:
        return load_as(parse_json(only_file(folder).read_bytes()), as_type)


class YamlCodec(JsonCodec):
    """The same values as YAML; only where that kind is asked for."""

    name = kind = "yaml"

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        check_json(name, value)
        file_path(name, folder, ".yaml", ".yml").write_bytes(dump_yaml(name, value))
        return Encoded(self.name, self.kind, "application/yaml", json_facts(value))

    def decode(self, folder: Path, as_type: type | None) -> Any:
        return load_as(parse_yaml(only_file(folder).read_bytes()), as_type)


def json_facts(value: Any) -> dict[str, Any]:
    """Tell the length of a list, a dictionary or a text."""
    return {"length": len(value)} if isinstance(value, dict | list | tuple | str) else {}


class TextCodec(BuiltinCodec):
    """A text as UTF-8, each character kept, those that end lines as well."""

    def __init__(self, kind: str, *suffixes: str) -> None:
        self.name = self.kind = kind
        self.suffixes = suffixes

    def types(self) -> tuple[type, ...]:
        return (str,)

    def check(self, name: str, value: Any) -> None:
        if type(value) is not str:
            raise ArtifactError(
                name,
                f"it is a {type_name(type(value))}, which would come back as a str. Save str(value), or .value.",
            )
        check_text(name, value)

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        self.check(name, value)
        path = file_path(name, folder, *self.suffixes)
        path.write_bytes(value.encode())
        return Encoded(self.name, self.kind, guess_media_type(path.name), {"length": len(value)})

    def decode(self, folder: Path, as_type: type | None) -> Any:
        del as_type
        return only_file(folder).read_bytes().decode()


class BytesCodec(BuiltinCodec):
    """Bytes as they are; a bytearray or a memoryview comes back as bytes."""

    name = kind = "bytes"

    def types(self) -> tuple[type, ...]:
        return bytes, bytearray, memoryview

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        data = bytes(value)
        file_path(name, folder, ".bin").write_bytes(data)
        return Encoded(self.name, self.kind, "application/octet-stream", {"length": len(data)})

    def decode(self, folder: Path, as_type: type | None) -> Any:
        data = only_file(folder).read_bytes()
        return bytearray(data) if as_type is bytearray else data
