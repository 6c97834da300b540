"""Arrays and indexes: what their headers say, with nothing of their values read or unpickled."""

from __future__ import annotations

import io
import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.plugin.previews.support import facts_of, preview, save

if TYPE_CHECKING:
    from tests.plugin.previews.support import CountingRemoteStore, CountingStore


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_the_header_of_an_array_is_shown(store: CountingStore, version: tuple[int, int]) -> None:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.zeros((3, 4), "f4", order="F"), version=version)
    save(store, "a.npy", file.getvalue() + bytes(1_000_000))
    facts = facts_of(preview(store, "a.npy", facts={"shape": "of the record", "unit": "m", "mean": 0.5}))
    assert facts == {
        "shape": "(3, 4)", "dtype": "<f4", "order": "Fortran", "values": "12", "unit": "m", "mean": "0.5",
    }  # fmt: skip
    assert store.bytes_read < 1000


def test_arrays_of_objects_are_not_unpickled(store: CountingStore) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(store.folder / "evil"),)

    np.save(store.folder / "a.npy", np.array([Evil()], dtype=object), allow_pickle=True)
    assert facts_of(preview(store, "a.npy"))["dtype"] == "|O"
    assert not (store.folder / "evil").exists()


def test_structured_types_are_shown(store: CountingStore) -> None:
    np.save(store.folder / "a.npy", np.zeros((), [("x", "f8"), ("y", "i4")]))
    facts = facts_of(preview(store, "a.npy"))
    assert (facts["shape"], facts["values"]) == ("()", "1")
    assert facts["dtype"] == "[('x', '<f8'), ('y', '<i4')]"
    with pytest.warns(UserWarning, match="3.0"):
        np.save(store.folder / "b.npy", np.zeros((), [("名", "f8")]))
    assert facts_of(preview(store, "b.npy"))["dtype"] == "[('名', '<f8')]"


def test_of_many_and_long_facts_the_beginning_is_shown(store: CountingStore) -> None:
    np.save(store.folder / "a.npy", np.zeros(1))
    recorded = {"x" * 600: 1, "\ud800": 2, **{f"f{n}": n for n in range(200)}}
    names = list(facts_of(preview(store, "a.npy", facts=recorded)))
    assert len(names) == 100
    assert names[4:7] == ["x" * 500 + "…", "\ufffd", "f0"]


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{'descr': '<f4', 'fortran_order': False}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': 3}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}" + b" " * 10_000,
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1" + b"0" * 30 + b",)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"1," * 65 + b")}",
        b"[" * 5000,
        b"-" * 9000 + b"1",
        b"__import__('os').getcwd()",
        b"\0\xff",
    ],
    ids=[
        "empty",
        "no shape",
        "number",
        "negative",
        "truth",
        "long",
        "huge",
        "many",
        "nested",
        "signs",
        "call",
        "bytes",
    ],
)
@pytest.mark.parametrize("version", [1, 2, 3, 9])
def test_a_damaged_header_says_so(store: CountingStore, header: bytes, version: int) -> None:
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    save(store, "a.npy", b"\x93NUMPY" + bytes([version, 0]) + length + header + b"\0")
    assert preview(store, "a.npy")["reason"] == "The file is damaged, or is no .npy file."


@pytest.mark.parametrize("is_compressed", [False, True])
def test_the_members_of_an_archive_are_shown(store: CountingStore, is_compressed: bool) -> None:
    write = np.savez_compressed if is_compressed else np.savez
    write(store.folder / "a.npz", x=np.zeros((500, 500)), y=np.array(["a", "bc"]))
    assert facts_of(preview(store, "a.npz")) == {"x": "<f8 (500, 500)", "y": "<U2 (2,)"}
    assert store.bytes_read < 30_000


def test_of_many_members_the_first_are_shown(store: CountingStore) -> None:
    arrays: dict[str, Any] = {f"it's {n}": np.zeros(n) for n in range(60)}
    np.savez(store.folder / "a.npz", **arrays)
    facts = facts_of(preview(store, "a.npz"))
    assert (len(facts), facts["it's 7"], facts["…"]) == (51, "<f8 (7,)", "and 10 more")


def test_of_50_members_none_is_left_out(store: CountingStore) -> None:
    arrays: dict[str, Any] = {f"{n} {'x' * 600}": np.zeros(1) for n in range(50)}
    np.savez(store.folder / "a.npz", **arrays)
    assert list(facts_of(preview(store, "a.npz"))) == [f"{n} {'x' * 600}"[:500] + "…" for n in range(50)]


def test_members_that_would_take_too_much_to_look_at_have_their_size(remote_store: CountingRemoteStore) -> None:
    file = io.BytesIO()
    arrays: dict[str, Any] = {str(n): np.random.default_rng(n).random(50_000) for n in range(12)}
    np.savez(file, **arrays)
    remote_store.create("files/a", file.getvalue())
    facts = facts_of(preview(remote_store, "a.npz", key="files/a"))
    assert (facts["0"], facts["11"]) == ("<f8 (50000,)", "400128 bytes")


# Written by faiss 1.15.1: the first bytes of faiss.serialize_index() of indexes over 8 dimensions.
INDEXES = {
    # IndexFlatL2(8), 3 vectors
    "497846320800000003000000000000000000100000000000000010000000000001010000001800000000000000": (
        "flat (IxF2)", "8", "3", "L2", "yes",
    ),
    # IndexFlatIP(8), 3 vectors
    "497846490800000003000000000000000000100000000000000010000000000001000000001800000000000000": (
        "flat (IxFI)", "8", "3", "inner product", "yes",
    ),
    # IndexFlat(8, METRIC_L1), 3 vectors: an argument follows the metric
    "4978466c080000000300000000000000000010000000000000001000000000000102000000000000001800000000000000": (
        "flat (IxFl)", "8", "3", "L1", "yes",
    ),
    # The index "IVF4,Flat", not trained
    "4977466c080000000000000000000000000010000000000000001000000000000001000000040000000000000001000000": (
        "IVF, flat (IwFl)", "8", "0", "L2", "no",
    ),
    # The index "HNSW8", 300 vectors
    "49484e66080000002c010000000000000000100000000000000010000000000001010000000a00000000000000": (
        "HNSW, flat (IHNf)", "8", "300", "L2", "yes",
    ),
    # The index "IDMap,Flat", 300 vectors
    "49784d70080000002c0100000000000000001000000000000000100000000000010100000049784632080000002c01000000": (
        "ID map (IxMp) of flat (IxF2)", "8", "300", "L2", "yes",
    ),
    # The index "PCA4,Flat", 300 vectors
    "49785054080000002c01000000000000000010000000000000001000000000000101000000010000005063616d000000": (
        "transformed before (IxPT)", "8", "300", "L2", "yes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("path", ["index.faiss", "a.index", "folder/Index.FAISS"])
@pytest.mark.parametrize("sample", INDEXES, ids=[expected[0] for expected in INDEXES.values()])
def test_the_header_of_an_index_is_shown(store: CountingStore, sample: str, path: str) -> None:
    save(store, path, bytes.fromhex(sample) + bytes(1000))
    facts = facts_of(preview(store, path, facts={"model": "mini"}))
    assert facts.pop("model") == "mini"
    assert list(facts) == ["index", "dimension", "vectors", "metric", "trained"]
    assert tuple(facts.values()) == INDEXES[sample]


def test_an_index_of_bits_is_shown(store: CountingStore) -> None:
    # faiss.serialize_index_binary(IndexBinaryFlat(16)) with 5 vectors, by faiss 1.15.1
    sample = "494278461000000002000000050000000000000001010000000a00000000000000"
    save(store, "a.index", bytes.fromhex(sample))
    facts = facts_of(preview(store, "a.index"))
    assert facts == {
        "index": "binary, flat (IBxF)", "bits": "16", "vectors": "5", "metric": "L2", "trained": "yes",
    }  # fmt: skip


HEADER = struct.Struct("<4siqqqBi")  # of an index, and whatever its kind
BINARY_HEADER = struct.Struct("<4siiqBi")


@pytest.mark.parametrize(
    ("data", "index", "metric"),
    [
        (HEADER.pack(b"IxF2", 8, 3, 0, 0, 1, 99), "flat (IxF2)", "99"),
        (HEADER.pack(b"IxF2", 8, 3, 0, 0, 1, 1) + b"IxFI", "flat (IxF2)", "L2"),
        (HEADER.pack(b"IxMp", 8, 3, 0, 0, 1, 2) + bytes(4) + b"IxFl", "ID map (IxMp) of flat (IxFl)", "L1"),
        (HEADER.pack(b"IxM2", 8, 3, 0, 0, 1, 1) + b"none", "ID map, both ways (IxM2)", "L2"),
        (
            BINARY_HEADER.pack(b"IBMp", 8, 1, 3, 1, 1) + b"IBxF",
            "binary, ID map (IBMp) of binary, flat (IBxF)",
            "L2",
        ),
    ],
    ids=["metric", "flat", "argument", "unknown inside", "binary"],
)
def test_an_index_is_named_with_what_it_maps(store: CountingStore, data: bytes, index: str, metric: str) -> None:
    save(store, "a.faiss", data)
    facts = facts_of(preview(store, "a.faiss"))
    assert (facts["index"], facts["metric"], facts["vectors"]) == (index, metric, "3")


@pytest.mark.parametrize(
    "data",
    [
        b"IxF2",
        HEADER.pack(b"IxF2", -8, 3, 0, 0, 1, 1),
        HEADER.pack(b"IxF2", 8, -3, 0, 0, 1, 1),
        HEADER.pack(b"IxF2", 8, 3, 0, 0, 2, 1),
        HEADER.pack(b"IxF2", 8, 3, 0, 0, 1, -1),
        b"Nope" + bytes(100),
        b"IBxF" + bytes(10),
    ],
    ids=["short", "dimension", "vectors", "training", "metric", "unknown", "short binary"],
)
def test_what_is_no_index_says_so(store: CountingStore, data: bytes) -> None:
    save(store, "a.faiss", data + b"\0")
    assert preview(store, "a.faiss")["reason"] == "The file is damaged, or is no .faiss file."
