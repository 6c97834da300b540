"""The header of a Faiss index.

The format is what ``write_index_header`` and ``write_index_binary_header`` write, in
https://github.com/facebookresearch/faiss/blob/main/faiss/impl/index_write.cpp, without gaps and on all usual
machines little-endian::

    index        = fourcc, int32 dimension, int64 vectors, int64 unused, int64 unused, uint8 is trained,
                   int32 metric, float32 argument where the metric is above 1, what the kind of index has
    binary index = fourcc, int32 bits, int32 bytes of a code, int64 vectors, uint8 is trained, int32 metric, ...

What maps ids (``IxMp``, ``IxM2``, ``IBMp``, ``IBM2``) goes on with the index inside.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_artifacts.plugin.previews.facts import make_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_artifacts.plugin.previews.reading import BudgetReader

_HEADER = struct.Struct("<4siqqqBi")
_BINARY_HEADER = struct.Struct("<4siiqBi")
_ARGUMENT = struct.Struct("<f")
_BYTES = 128  # two headers
_NAMES = {
    b"IHN2": "HNSW, two levels",
    b"IHNf": "HNSW, flat",
    b"IHNp": "HNSW, product quantizer",
    b"IHNs": "HNSW, scalar quantizer",
    b"IHc2": "HNSW, CAGRA",
    b"INNf": "NNDescent, flat",
    b"INSf": "NSG, flat",
    b"INSp": "NSG, product quantizer",
    b"INSs": "NSG, scalar quantizer",
    b"IPfs": "PQ, fast scan",
    b"IwFd": "IVF, flat, without duplicates",
    b"IwFl": "IVF, flat",
    b"IwPQ": "IVF, product quantizer",
    b"IwPf": "IVF, product quantizer, fast scan",
    b"IwQR": "IVF, product quantizer with refinement",
    b"IwSh": "IVF, spectral hash",
    b"IwSq": "IVF, scalar quantizer",
    b"Iwrq": "IVF, RaBitQ",
    b"Ix2L": "two layers",
    b"IxF2": "flat",
    b"IxFI": "flat",
    b"IxFl": "flat",
    b"IxHe": "LSH",
    b"IxLS": "local search quantizer",
    b"IxM2": "ID map, both ways",
    b"IxMp": "ID map",
    b"IxPT": "transformed before",
    b"IxPq": "product quantizer",
    b"IxRF": "refined",
    b"IxRq": "residual quantizer",
    b"IxSQ": "scalar quantizer",
    b"Ixrq": "RaBitQ",
}
_BINARY_NAMES = {
    b"IBFf": "binary, from floats",
    b"IBHf": "binary, HNSW",
    b"IBHh": "binary, hash",
    b"IBHm": "binary, multiple hash",
    b"IBM2": "binary, ID map, both ways",
    b"IBMp": "binary, ID map",
    b"IBwF": "binary, IVF",
    b"IBxF": "binary, flat",
}
_MAPS = frozenset({b"IxMp", b"IxM2", b"IBMp", b"IBM2"})
# MetricType: https://github.com/facebookresearch/faiss/blob/main/faiss/MetricType.h
_METRICS = {
    0: "inner product",
    1: "L2",
    2: "L1",
    3: "Linf",
    4: "Lp",
    20: "Canberra",
    21: "Bray-Curtis",
    22: "Jensen-Shannon",
    23: "Jaccard",
    24: "NaN-Euclidean",
    25: "greatest common prefix",
}


class _Header(NamedTuple):
    fourcc: bytes
    dimension: int
    vectors: int
    is_trained: int
    metric: int
    end: int

    @property
    def is_plausible(self) -> bool:
        return self.dimension >= 0 and self.vectors >= 0 and self.is_trained <= 1 and self.metric >= 0


def preview_faiss(reader: BudgetReader, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
    """Show what the header of an index says; None for a file that does not begin like one.

    Raises:
        StorageError: The store failed.
    """
    data = reader.fetch(0, _BYTES)
    header = _read(data)
    if header is None or not header.is_plausible:
        return None
    names = [_name(header.fourcc)]
    inner = data[header.end : header.end + 4]
    if header.fourcc in _MAPS and (inner in _NAMES or inner in _BINARY_NAMES):
        names.append(_name(inner))
    facts = [
        ("index", " of ".join(names)),
        ("bits" if header.fourcc in _BINARY_NAMES else "dimension", header.dimension),
        ("vectors", header.vectors),
        ("metric", _METRICS.get(header.metric, str(header.metric))),
        ("trained", "yes" if header.is_trained else "no"),
    ]
    return make_facts(facts, recorded)


def _read(data: bytes) -> _Header | None:
    fourcc = data[:4]
    if fourcc in _BINARY_NAMES and len(data) >= _BINARY_HEADER.size:
        _, dimension, _, vectors, is_trained, metric = _BINARY_HEADER.unpack_from(data)
        return _Header(fourcc, dimension, vectors, is_trained, metric, _BINARY_HEADER.size)
    if fourcc in _NAMES and len(data) >= _HEADER.size:
        _, dimension, vectors, _, _, is_trained, metric = _HEADER.unpack_from(data)
        end = _HEADER.size + (_ARGUMENT.size if metric > 1 else 0)
        return _Header(fourcc, dimension, vectors, is_trained, metric, end)
    return None


def _name(fourcc: bytes) -> str:
    return f"{ {**_NAMES, **_BINARY_NAMES}[fourcc] } ({fourcc.decode()})"
