"""NumPy arrays as ``.npy``, never with a pickle in it."""

# ruff: noqa: D102 - the methods of codecs are documented in BuiltinCodec

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_artifacts._optional import require
from airflow_artifacts.artifacts.value_codecs.encoded import BuiltinCodec, Encoded, loaded, type_name
from airflow_artifacts.artifacts.value_codecs.file_names import file_path, only_file
from airflow_artifacts.exceptions import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np

_HEADER_LIMIT = 9000  # characters; NumPy refuses to read a header of more than 10000


class NumpyCodec(BuiltinCodec):
    """An array of any shape and memory order, with a dtype that means the same everywhere."""

    name = "numpy"
    kind = "array"

    def types(self) -> tuple[type, ...]:
        return loaded("numpy", "ndarray")

    def check(self, name: str, value: Any) -> None:
        if type(value) not in loaded("numpy", "ndarray", "memmap"):
            way = "Fill what is masked with .filled()" if hasattr(value, "mask") else "Save numpy.asarray() of it"
            raise ArtifactError(name, f"a {type_name(type(value))} would come back as a plain array. {way}.")
        for problem in _problems(value.dtype):
            raise ArtifactError(name, f"its dtype {str(value.dtype)[:200]} {problem}")

    def encode(self, name: str, value: Any, folder: Path) -> Encoded:
        import numpy as np

        self.check(name, value)
        with file_path(name, folder, ".npy").open("wb") as file:
            # NumPy warns where it chooses the third version, which has names of fields in UTF-8, by itself.
            version = None if str(value.dtype.descr).isascii() else (3, 0)
            np.lib.format.write_array(file, np.asarray(value), version, allow_pickle=False)
        facts = {"shape": list(value.shape), "dtype": str(value.dtype)}
        return Encoded(self.name, self.kind, "application/octet-stream", facts)

    def decode(self, folder: Path, as_type: type | None) -> Any:
        np = require("numpy", extra="numpy", purpose="Loading arrays")
        del as_type
        path = only_file(folder)
        with path.open("rb") as file:
            # Not np.load, which would also open archives.
            return np.lib.format.read_array(file, allow_pickle=False)


def _problems(dtype: np.dtype[Any]) -> Iterator[str]:
    """Yield why bytes of a dtype cannot be read everywhere."""
    if dtype.hasobject:
        yield "holds Python objects. Convert it with .astype(float), .astype(str) or .tolist()."
    parts = [dtype, *(field for field, *_ in (dtype.fields or {}).values())]
    for part in parts:
        base = part.subdtype[0] if part.subdtype else part
        if base.kind in "fc" and base.itemsize > {"f": 8, "c": 16}[base.kind]:
            yield "is a long double, which differs from machine to machine. Convert it with .astype()."
        if base is not dtype:
            yield from _problems(base)
    if any(part.metadata for part in parts):
        yield "has metadata of its own, which .npy does not keep. Convert it with .astype() of the plain dtype."
    if len(str(dtype.descr)) > _HEADER_LIMIT:
        yield "has more fields than .npy can read back. Save a table."
