"""NumPy arrays come back with shape, dtype and memory order; nothing is pickled."""

from __future__ import annotations

import io
import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as st_numpy

from airflow_artifacts.artifacts.value_codecs import decode, encode
from airflow_artifacts.exceptions import ArtifactError, ArtifactLoadError
from tests.artifacts.value_codecs.contract import Case, CodecContract, Refusal


def same_array(found: Any, value: Any) -> bool:
    return (
        type(found) is np.ndarray
        and (found.dtype, found.shape) == (value.dtype, value.shape)
        and found.tobytes() == value.tobytes()
        and found.flags.f_contiguous == value.flags.f_contiguous
        and found.flags.writeable
    )


def saved(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def zipped() -> bytes:
    file = io.BytesIO()
    np.savez(file, np.zeros(2))
    return file.getvalue()


def memory_mapped() -> Any:
    with tempfile.NamedTemporaryFile() as file:
        return np.memmap(file.name, np.uint8, "w+", shape=(3,))


PAIRS = np.array([(1, 2.5, "x", [1, 2])], [("a", "i4"), ("b", "f8"), ("c", "U3"), ("d", "i2", (2,))])


class TestNumpy(CodecContract):
    codec, kind, suffix, media_type = "numpy", "array", ".npy", "application/octet-stream"
    cases = {
        "floats": Case(lambda: np.arange(6.0).reshape(2, 3), {"shape": [2, 3], "dtype": "float64"}),
        "no dimension": Case(lambda: np.array(5, "i1"), {"shape": [], "dtype": "int8"}),
        "empty": Case(lambda: np.zeros((0, 3), "f4"), {"shape": [0, 3]}),
        "Fortran": Case(lambda: np.asfortranarray(np.arange(6).reshape(2, 3))),
        "strided": Case(lambda: np.arange(10)[::2], back=lambda: np.arange(0, 10, 2)),
        "big-endian": Case(lambda: np.array([1, 2], ">i4"), {"dtype": ">i4"}),
        "NaN": Case(lambda: np.array([np.nan, np.inf, -0.0], "f2")),
        "complex": Case(lambda: np.array([1 + 2j], "c8")),
        "texts": Case(lambda: np.array(["日本", ""])),
        "bytes": Case(lambda: np.array([b"a\0b", b""])),
        "dates": Case(lambda: np.array(["2020", "NaT"], "M8[D]")),
        "durations": Case(lambda: np.array([1], "m8[10s]")),
        "truth": Case(lambda: np.array([True, False])),
        "fields": Case(PAIRS.copy, {"shape": [1]}),
        "padded fields": Case(lambda: np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True))),
        "void": Case(lambda: np.zeros(2, "V5")),
        "memory map": Case(memory_mapped, {"shape": [3]}, lambda: np.zeros(3, np.uint8)),
    }
    refusals = {
        "objects": Refusal(lambda: np.array([1, "a"], object), r"dtype object holds Python objects.*astype"),
        "objects in a field": Refusal(lambda: np.zeros(1, [("a", [("b", "O")])]), "holds Python objects"),
        "texts of any length": Refusal(lambda: np.array(["a"], np.dtypes.StringDType()), "holds Python objects"),
        "long double": Refusal(lambda: np.zeros(1, np.longdouble), "long double"),
        "long double deep": Refusal(lambda: np.zeros(1, [("a", [("b", np.clongdouble, (2,))])]), "long double"),
        "metadata": Refusal(lambda: np.zeros(1, np.dtype("i4", metadata={"a": 1})), "metadata of its own"),
        "masked": Refusal(lambda: np.ma.array([1, 2], mask=[True, False]), r"MaskedArray.*filled"),
        "matrix": Refusal(lambda: np.ones((1, 1)).view(np.matrix), r"matrix.*asarray"),
        "records": Refusal(lambda: np.rec.array([(1,)]), r"recarray.*asarray"),
        "too many fields": Refusal(lambda: np.zeros(1, [(f"field{n}", "i4") for n in range(1000)]), "more fields"),
    }
    damages = {
        "empty": b"",
        "text": b"no array at all, but a text",
        "cut": saved(np.arange(10))[:-1],
        "pickled objects": saved(np.array([1, "a"], object)),
        "pickle": pickle.dumps(np.zeros(2)),
        "archive": zipped(),
        "long header": saved(np.zeros(1, [(f"field{n}", "i4") for n in range(1000)])),
        "huge shape": saved(np.zeros(1)).replace(b"'shape': (1,), }    ", b"'shape': (9**9,), }"),
        "vast": saved(np.zeros(1)).replace(b"'shape': (1,), }" + b" " * 15, b"'shape': (" + b"9" * 15 + b",), }"),
    }
    as_types = [np.ndarray]

    def is_same(self, found: Any, value: Any) -> bool:
        return same_array(found, np.asarray(value))


@given(st_numpy.arrays(st_numpy.scalar_dtypes() | st_numpy.array_dtypes(), st_numpy.array_shapes(min_dims=0)))
@settings(max_examples=150, deadline=None)
def test_any_array_comes_back_or_is_refused(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            encode("a", value, Path(folder))
        except ArtifactError as error:
            assert "long double" in str(error)  # noqa: PT017
        else:
            assert same_array(decode("numpy", Path(folder), name="a"), value)


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "ran",)

    (tmp_path / "files").mkdir()
    for data in (pickle.dumps(Trap()), saved(np.array([Trap()], object))):
        (tmp_path / "files" / "a.npy").write_bytes(data)
        with pytest.raises(ArtifactLoadError):
            decode("numpy", tmp_path / "files", name="a", allow_pickle=True)
    assert not (tmp_path / "ran").exists()


def test_a_scalar_is_told_what_to_do(tmp_path: Path) -> None:
    for scalar in (np.float32(1), np.str_("a"), np.float64(1), np.bytes_(b"a")):
        with pytest.raises(ArtifactError, match=r"item\(\)|tolist|str\(value\)"):
            encode("a", scalar, tmp_path)
