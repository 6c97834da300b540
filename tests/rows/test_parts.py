"""The bytes of a part: zstd's own tools read them, and frames that do not shrink cost little."""

from __future__ import annotations

import io
import os

import ormsgpack
import zstandard

from airflow_artifacts.rows.parts import HEADER, Frame, FrameCompressor, iter_frames
from airflow_artifacts.rows.values import encode_rows, join_rows


def frame(number: int, data: bytes) -> Frame:
    return Frame(1, join_rows(1, [encode_rows([{"n": number, "data": data}], first=0)]))


def test_frames_come_back_whether_they_shrink_or_not() -> None:
    frames = [frame(n, os.urandom(5000) if n % 40 < 30 else bytes(5000)) for n in range(120)]
    compressor = FrameCompressor()
    part = HEADER + b"".join(compressor.compress(one) for one in frames)
    assert [found for found, _ in iter_frames(part)] == frames
    assert [found for found, _ in iter_frames(part, skip=100)] == frames[100:]
    assert len(part) < 120 * 5000 * 0.9, "it finds out when frames shrink again"


def test_any_zstd_reads_a_part() -> None:
    compressor = FrameCompressor()
    frames = [frame(n, b"abc") for n in range(3)]
    part = HEADER + b"".join(compressor.compress(one) for one in frames)
    reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(part), read_across_frames=True)
    unpacked = reader.read()
    assert unpacked == b"".join(one.body for one in frames)
    assert ormsgpack.unpackb(frames[0].body) == [{"n": 0, "data": b"abc"}]
