"""Files and folders, which are copied as they are, and pickles."""

# ruff: noqa: D102 - the methods of codecs are documented in BuiltinCodec

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Encoded, type_name
from airflow_artifacts.artifacts.value_codecs.file_names import file_path, only_file
from airflow_artifacts.exceptions import ArtifactError


class FileCodec(BuiltinCodec):
    """A file as it is: the value is its path. The repository copies it, so nothing is encoded here."""

    name = kind = "file"

    def types(self) -> tuple[type, ...]:
        return (Path,)

    def check(self, name: str, value: Any) -> None:
        raise ArtifactError(name, f"{value} is a path. Save the path itself, alone and without a kind.")

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        self.check(name, value)
        raise NotImplementedError(folder)

    def decode(self, folder: Path, as_type: type | None) -> Any:
        del as_type
        return only_file(folder)


class FolderCodec(FileCodec):
    """A folder with its files."""

    name = kind = "folder"

    def decode(self, folder: Path, as_type: type | None) -> Any:
        del as_type
        return folder


class PickleCodec(BuiltinCodec):
    """What no other codec takes, where every reader is trusted. The registry asks whether it is allowed."""

    name = kind = "pickle"

    def types(self) -> tuple[type, ...]:
        return (object,)

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        shown = type_name(type(value))
        try:
            data = pickle.dumps(value)
        except Exception as error:
            raise ArtifactError(name, f"a {shown} cannot be pickled: {error}.") from error
        file_path(name, folder, ".pickle", ".pkl").write_bytes(data)
        return Encoded(self.name, self.kind, "application/octet-stream", {"type": shown})

    def decode(self, folder: Path, as_type: type | None) -> Any:
        del as_type
        return pickle.loads(only_file(folder).read_bytes())  # noqa: S301 - allowed, and its checksum was verified
